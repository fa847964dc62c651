"""Promises about the files around the package: documents, configuration, changelog."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import itertools
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import atomlite
from atomlite import errors
from atomlite.config import Limits, SessionConfig, TracingConfig

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("guide/*.md"))]

TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- git is where PATH has it
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]


def table_rows(page: Path) -> set[str]:
    """Return the code in the first cell of every table row of a page."""
    return set(re.findall(r"^\| `([^`]+)` \|", page.read_text(), re.MULTILINE))


def test_the_changelog_tells_what_comes() -> None:
    """While the version is a development one, the top section says what changed."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    top = (DOCS / "changelog.md").read_text().split("\n## ")[1]
    title, _, body = top.partition("\n")

    assert (title == "Unreleased") == (".dev" in version)
    assert re.search(r"^- `", body, re.MULTILINE)


def test_the_reference_lists_exactly_the_public_names() -> None:
    """A name is public when it is in ``__all__``, and then it has its place in the reference."""
    reference = (DOCS / "reference.md").read_text()
    documented = re.findall(
        r"^\.\. auto(?:class|data|exception|function|module):: atomlite\.(?:measures\.)?(\w+)$",
        reference,
        re.MULTILINE,
    )

    assert sorted(set(documented) - {"errors"}) == sorted(atomlite.__all__)
    assert "errors" in documented


def error_names() -> list[str]:
    """Return the names of all error classes; the reference shows their module whole."""
    return [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.AtomliteError)
    ]


def test_public_names_are_sorted_and_exist() -> None:
    """``__init__`` is an inventory: constants, classes, functions and modules."""
    kinds = {name: (not name.isupper(), name[0].islower()) for name in atomlite.__all__}
    assert sorted(kinds, key=lambda name: (kinds[name], name)) == list(atomlite.__all__)
    assert all(hasattr(atomlite, name) for name in atomlite.__all__)


@pytest.mark.parametrize("config", [Limits, SessionConfig, TracingConfig])
def test_every_setting_has_its_row(config: type) -> None:
    """The page about limits and safety shows each setting with unit and default."""
    fields = {field.name for field in dataclasses.fields(config)} - {"limits", "tracing"}

    assert fields <= table_rows(DOCS / "guide" / "limits.md")


@pytest.mark.parametrize("config", [Limits, SessionConfig, TracingConfig])
def test_every_setting_tells_its_default(config: type) -> None:
    """The docstring of a setting names its default."""
    arguments = re.split(r"\n {4}(?=\w+: )", inspect.getdoc(config) or "")[1:]
    told = {text.partition(":")[0] for text in arguments if "efault" in text or "See `" in text}
    told |= {text.partition(":")[0] for text in arguments if "(default)" in text}

    assert told >= {field.name for field in dataclasses.fields(config)}


def test_limits_are_on_by_default() -> None:
    """A session without configuration is bounded; a query in Python has no deadline but Ctrl-C."""
    values = dataclasses.asdict(Limits())

    assert [name for name, value in values.items() if value is None] == ["query_seconds"]
    assert all(0 < value < float("inf") for value in values.values() if value is not None)


def test_every_error_has_its_row() -> None:
    """The page about errors shows the code, the class and the status of each, and no others."""
    kinds = [getattr(errors, name) for name in error_names()]
    page = (DOCS / "guide" / "errors.md").read_text()
    shown = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d+) \| ", page, re.MULTILINE)

    assert {(code, name, int(status)) for code, name, status in shown} == {
        (kind.code, kind.__name__, kind.http_status)
        for kind in kinds
        if kind not in {errors.AtomliteError, errors.HttpError}
    }


@pytest.mark.parametrize(
    "notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name
)
def test_notebooks_carry_no_outputs(notebook: Path) -> None:
    """A notebook is source: its outputs belong to whoever runs it."""
    cells = json.loads(notebook.read_text())["cells"]

    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_tells_to_install_the_name(page: Path) -> None:
    """The name ``atomlite`` on PyPI belongs to another project: only a path installs this one."""
    assert not re.search(r"pip install\s+(?:-\S+\s+)*[\"']?atomlite\b", page.read_text())


def test_the_readme_shows_what_its_code_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer pastes the tour, into any Python: no prompts, and the output beside it is true."""
    page = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```(python|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for kind, block in blocks:
        if kind == "python":
            exec(compile(block, "README.md", "exec"), names)  # noqa: S102 -- our own
        else:
            printed = capsys.readouterr().out
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            assert doctest.OutputChecker().check_output(block, printed, flags), printed
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_fits_its_column(page: Path) -> None:
    """A built page cuts lines of code above 88 letters off."""
    blocks = re.findall(r"^```(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    code = [block for block in blocks if not block.startswith("{")]  # `{...}`: directives

    assert not [line for block in code for line in block.splitlines() if len(line) > 88]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_does_not_talk_down(page: Path) -> None:
    """What is simple for the writer may not be for the reader."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)

    assert not re.findall(r"\b(?:simply|just|obviously|easily|of course)\b", prose, re.IGNORECASE)


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """Paths of one machine and addresses of its registries stay out of the project."""
    marks = re.compile(rb"/(?:home|root|Users|work)/\w|index-url|PIP_[A-Z]+=")
    found = {
        str(path.relative_to(ROOT)): marks.findall(path.read_bytes())
        for path in TRACKED
        if path != Path(__file__)
    }

    assert {name: hits for name, hits in found.items() if hits} == {}


def test_nothing_is_left_for_later() -> None:
    """Work that is not done is an issue, not a mark in the code."""
    marks = re.compile(r"\b(?:TODO|FIXME|XXX)\b")

    assert not [
        path.name
        for path in TRACKED
        if path.suffix == ".py" and path != Path(__file__) and marks.search(path.read_text())
    ]


def test_every_dependency_is_imported() -> None:
    """What the package asks to be installed, the package imports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *itertools.chain(*project["optional-dependencies"].values()),
    ]
    names = {re.split(r"[<>=\[ ]", name)[0] for name in wanted}
    modules = {"opentelemetry-sdk": "opentelemetry.sdk"}
    source = "\n".join(path.read_text() for path in (ROOT / "atomlite").rglob("*.py"))

    assert not [
        name
        for name in names
        if not re.search(rf"(?:import|from) {re.escape(modules.get(name, name))}\b", source)
    ]
