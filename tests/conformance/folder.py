"""The folder of cases: where it is, and what it holds."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

Case: TypeAlias = dict[str, Any]
"""One case, as its file has it."""


class Comparing(Protocol):
    """The folder's own ``compare.py``."""

    CONFIG_ERROR: str

    def compare(
        self, case: Case, status: int | str, headers: Mapping[str, str] | None, body: object
    ) -> list[str]:
        """Return what an answer does not meet."""


@dataclass(frozen=True)
class Folder:
    """Cases with their data sets and their comparison."""

    path: Path

    @property
    def is_there(self) -> bool:
        """Whether there is such a folder."""
        return self.path.is_dir()

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every case of every file that is a list of cases, by file and id."""
        found: dict[str, Case] = {}
        for file in sorted(self.path.glob("*.json")):
            listed = json.loads(file.read_text())
            if isinstance(listed, list):
                for case in listed:
                    name = f"{file.stem}/{case['id']}"
                    assert name not in found, f"Two cases are called {name}."
                    found[name] = case
        return found

    @cached_property
    def comparing(self) -> Comparing:
        """The comparison, imported from where it lies."""
        file = self.path / "compare.py"
        spec = importlib.util.spec_from_file_location("conformance_compare", file)
        assert spec is not None, f"{file} is no module."
        assert spec.loader is not None, f"{file} is no module."
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return cast("Comparing", module)

    def dataset(self, name: str) -> dict[str, Any]:
        """Return a data set by its name."""
        return cast(
            "dict[str, Any]", json.loads((self.path / "datasets" / f"{name}.json").read_text())
        )


def conformance_folder() -> Folder:
    """Return the folder that ``ATOMLITE_CONFORMANCE`` names, or the one beside the project."""
    default = Path(__file__).parents[2].parent / "shared" / "conformance"
    return Folder(Path(os.environ.get("ATOMLITE_CONFORMANCE", default)))
