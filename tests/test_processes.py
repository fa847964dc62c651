"""Sessions and what happens to their process: forks, Ctrl-C, the end."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import numpy as np
import pyarrow as pa
import pytest
from nbclient import NotebookClient
from pyarrow import csv, parquet

from tests.programs import run, start

pytestmark = pytest.mark.alone

_SERVING = """
    session = al.Session.start()
    table = session.read_pandas(pd.DataFrame({"a": range(1000)}), table_name="T")

    def use():
        uses = {
            "count": lambda: table.row_count,
            "sql": lambda: session.sql("SELECT 1"),
            "load": lambda: table.load(pd.DataFrame({"a": [1]})),
            "client": lambda: session.client,
            "wait": session.wait,
        }
        for name, call in uses.items():
            try:
                call()
            except al.AtomliteError as error:
                print(name, error.code, flush=True)

    def parent_serves():
        assert table.row_count == session.sql("SELECT count(*) AS n FROM T")["n"][0]
        return session.client.http_client.get("health/live").status_code
"""

_FORKED = [f"{name} session_forked" for name in ("count", "sql", "load", "client", "wait")]


@pytest.mark.parametrize("inside", ["", "with session.tables.data_transaction():"])
def test_a_forked_child_cannot_use_the_session(inside: str) -> None:
    """Every use is `SessionForked`, the child ends with its code, and the parent goes on.

    The engine complains on stderr that the child leaves it as it found it, so that is not read.
    """
    program = start(
        _SERVING,
        f"""
        with session:
            {inside or "if True:"}
                pid = os.fork()
                if pid == 0:
                    use()
                    session.close()
                    sys.exit(3)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            print("child", code, "parent", parent_serves())
        """,
    )
    output, _ = program.communicate(timeout=30)

    assert output.splitlines() == [*_FORKED, "child 3 parent 200"]
    assert program.returncode == 0


def test_a_forked_worker_cannot_use_the_session_but_start_its_own() -> None:
    """With multiprocessing's "fork", the session of the parent is an error, a new one works."""
    lines = run(
        _SERVING,
        """
        import multiprocessing

        def work():
            use()
            with al.Session.start() as own:
                own.read_pandas(pd.DataFrame({"a": [1]}), table_name="T")
                print("own", own.sql("SELECT sum(a) AS s FROM T")["s"][0], flush=True)

        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join(20)
        print("child", process.exitcode, "parent", parent_serves())
        session.close()
        """,
    )

    assert lines == [*_FORKED, "own 1", "child 0 parent 200"]


# ---- Ctrl-C --------------------------------------------------------------------------------------

_CTRL_C = """
    folder = {folder!r}
    session = al.Session.start()
    table = session.read_pandas(
        pd.DataFrame({{"a": [1, 2], "b": [0.5, 1.5], "c": ["x", "y"]}}), table_name="T"
    )
    frame = pd.DataFrame({{"a": range({rows}), "b": 0.25, "c": "some text"}})

    def query():
        big = session.read_pandas(
            pd.DataFrame({{"a": range(1_000_000), "b": "text"}}), table_name="big"
        )
        press()
        for _ in range(100):
            big.query(filter=big["b"].like("%e%x%"), order_by=[big["b"], big["a"].desc()])

    def sql():
        press()
        session.sql("SELECT count(*) FROM range(100000000) a, range(100000) b")

    def load():
        press()
        table.load(frame)

    def read_csv():
        press()
        session.read_csv(os.path.join(folder, "rows.csv"), table_name="new")

    def read_parquet():
        press()
        session.read_parquet(os.path.join(folder, "rows.parquet"), table_name="new")

    def transaction():
        press()
        with session.tables.data_transaction():
            table.drop()
            table.load(frame)

    pressed = []

    def press():
        def press_now():
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.25, press_now).start()

    try:
        {what}()
        print("ended by itself")
    except KeyboardInterrupt:
        print("late" if time.monotonic() - pressed[0] > 1 else "interrupted")
    counted = session.sql("SELECT count(*) AS n FROM T")["n"][0]
    print(table.row_count, counted, "new" in session.tables)
    table += (3, 2.5, "z")
    print(table.row_count)
    session.close()
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with files that take a while to load."""
    folder = tmp_path_factory.mktemp("files")
    rows = pa.table({"a": pa.array(np.arange(2_000_000)), "b": pa.array(np.full(2_000_000, 0.25))})
    csv.write_csv(rows, folder / "rows.csv")
    more = pa.concat_tables([rows] * 10)
    parquet.write_table(more, folder / "rows.parquet", row_group_size=100_000)
    return folder


@pytest.mark.parametrize(
    "what", ["query", "sql", "load", "read_csv", "read_parquet", "transaction"]
)
def test_ctrl_c_stops_work_and_leaves_the_tables_as_they_were(what: str, files: Path) -> None:
    """Within a second `KeyboardInterrupt` is raised, nothing is half done, the session goes on."""
    rows = 10_000_000 if what in ("load", "transaction") else 1
    lines = run(_CTRL_C.format(folder=str(files), what=what, rows=rows))

    assert lines == ["interrupted", "2 2 False", "3"]


def test_ctrl_c_at_any_moment_leaves_rows_and_counts_in_step() -> None:
    """Loads that are interrupted at random moments, commits too, are whole or absent."""
    lines = run("""
        import random
        session = al.Session.start()
        table = session.create_table("T", data_types={"a": "int64"})
        frame = pd.DataFrame({"a": range(20)})
        random.seed(7)
        interrupted = 0
        for _ in range(150):
            timer = threading.Timer(random.random() * 0.02, os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                while True:
                    table.load(frame)
            except KeyboardInterrupt:
                interrupted += 1
            counted = session.sql("SELECT count(*) AS n FROM T")["n"][0]
            assert table.row_count == counted, (table.row_count, counted)
            assert counted % 20 == 0
        print(interrupted)
        session.close()
    """)

    assert lines == ["150"]


# ---- the end of the process ----------------------------------------------------------------------

_HANG = """
    config = al.SessionConfig(database={database!r})
    session = al.Session.start(config)
    table = session.read_pandas(pd.DataFrame({{"a": [1]}}), table_name="T")
    endless = "SELECT count(*) FROM range(100000000) a, range(100000) b"

    @session.endpoint("hang")
    def hang(request, user, session, /):
        time.sleep(1000)

    @session.endpoint("spin")
    def spin(request, user, session, /):
        while True:
            pass

    @session.endpoint("query")
    def query(request, user, session, /):
        session.sql(endless)

    @session.endpoint("transaction")
    def transaction(request, user, session, /):
        with session.tables.data_transaction():
            session.tables["T"].load(pd.DataFrame({{"a": [2]}}))
            time.sleep(1000)

    def quietly(call, *arguments):
        try:
            call(*arguments)
        except Exception:
            pass

    def behind(call, *arguments):
        threading.Thread(target=quietly, args=(call, *arguments), daemon=True).start()
"""

_ENDS = {
    "nothing": "pass",
    "hung callback": 'behind(session.client.http_client.get, "proxy/hang")',
    "computing callback": 'behind(session.client.http_client.get, "proxy/spin")',
    "query in a thread": "behind(session.sql, endless)",
    "query in a callback": 'behind(session.client.http_client.get, "proxy/query")',
    "transaction in a callback": 'behind(session.client.http_client.get, "proxy/transaction")',
}


@pytest.mark.parametrize("busy", _ENDS)
def test_a_process_ends_soon_whatever_runs(busy: str, tmp_path: Path) -> None:
    """Without `close`, the process ends within 2 s of its main program, silent, with its code."""
    program = start(
        _HANG.format(database=str(tmp_path / "data.db")),
        _ENDS[busy],
        "time.sleep(0.3)",
        'print("end", flush=True)',
        "sys.exit(5)",
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "end\n"
    began = time.monotonic()
    output, complaints = program.communicate(timeout=30)

    assert time.monotonic() - began < 2
    assert (program.returncode, output, complaints) == (5, "", "")


def test_a_process_ends_soon_with_several_busy_sessions() -> None:
    """The sessions of a process are closed together, not one after the other."""
    program = start(
        *[_HANG.format(database=None) + "\n    " + _ENDS["hung callback"]] * 3,
        "time.sleep(0.3)",
        'print("end", flush=True)',
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "end\n"
    began = time.monotonic()
    output, complaints = program.communicate(timeout=30)

    assert time.monotonic() - began < 2
    assert (program.returncode, output, complaints) == (0, "", "")


def test_a_process_that_raises_ends_with_its_traceback() -> None:
    """The end of the session hides neither the error nor the code."""
    program = start("session = al.Session.start()", "raise ValueError('mine')")
    output, complaints = program.communicate(timeout=30)

    assert program.returncode == 1
    assert complaints.rstrip().endswith("ValueError: mine")
    assert output == ""


# ---- Jupyter -------------------------------------------------------------------------------------


def test_cells_of_a_notebook_run_again_and_again(tmp_path: Path) -> None:
    """In a real kernel, whose own loop runs, each cell can be run twice, the session's too."""
    cells = [
        "import atomlite as al, pandas as pd\nsession = al.Session.start()",
        (
            "table = session.read_pandas(\n"
            "    pd.DataFrame({'a': [1, 2]}), keys={'a'}, table_name='T')\n"
            "table += (3,)"
        ),
        (
            "@session.endpoint('count')\n"
            "def count(request, user, session, /):\n"
            "    return session.tables['T'].row_count"
        ),
        "print(session.client.http_client.get('proxy/count').json())",
        "import asyncio\nawait asyncio.sleep(0)\nprint(await asyncio.to_thread(table.query))",
        "del session.tables['T']",
    ]
    sources = [*cells[:2], *cells[1:4], *cells[2:], *cells, "session.close()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])  # type: ignore[no-untyped-call]

    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()

    printed = [  # of each cell; a kernel may send it in several parts
        "".join(each["text"] for each in cell["outputs"] if each.get("name") == "stdout")
        for cell in notebook.cells
    ]
    assert [text for text in printed if text.strip().isdigit()] == ["3\n"] * 3
    assert not [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
