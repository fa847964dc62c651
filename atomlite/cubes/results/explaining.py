"""How a query was answered: statement, joins, times, and what the engine did."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from atomlite.cubes.keeping import own_name

if TYPE_CHECKING:
    from atomlite.cubes.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query of a cube was answered; the query was run for it, past the cache.

    Attributes:
        cube: Name of the cube.
        statement: The SQL that gave the result, with ``$1``, ``$2``, ... for its values.
        parameters: The values; not shown, since they may be secret.
        stages: The SQL that came before, for each Python measure that the query needs.
        source: ``"facts"``, or the name in the cube of the aggregate table that was read instead.
        tables: Names of the tables that were read.
        joins: Names of the tables that were joined.
        rows: Number of cells of the result.
        seconds: Seconds of ``"planning"``, ``"sql"`` (Python measures included) and ``"shaping"``.
        plan: The engine's plan with the rows and times of each step, of a second run.
    """

    cube: str
    statement: str
    parameters: tuple[object, ...] = field(repr=False)
    stages: tuple[str, ...]
    source: str
    tables: tuple[str, ...]
    joins: tuple[str, ...]
    rows: int
    seconds: dict[str, float]
    plan: str

    def __repr__(self) -> str:
        """Return facts, statement and plan, one below the other."""
        known = self._facts()
        width = max(len(name) for name, _ in known) + 2
        facts = "\n".join(f"{name + ':':<{width}}{value}" for name, value in known)
        stages = [f"Before, for a Python measure:\n{text}" for text in self.stages]
        return "\n\n".join([facts, *stages, self.statement, self.plan])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{name}</th>'
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self._facts()
        )
        folds = [
            *((f"SQL before, {number}", text) for number, text in enumerate(self.stages, 1)),
            ("SQL", self.statement),
            ("Plan of the engine", self.plan),
        ]
        details = "".join(
            f"<details><summary>{name}</summary><pre>{escape(text)}</pre></details>"
            for name, text in folds
        )
        return f"<table>{rows}</table>{details}"

    def _facts(self) -> list[tuple[str, str]]:
        times = ", ".join(f"{name} {1000 * each:,.1f} ms" for name, each in self.seconds.items())
        bound = [("Bound values", f"{len(self.parameters):,} (not shown)")]
        return [
            ("Cube", self.cube),
            ("Source", self.source),
            ("Tables", ", ".join(self.tables)),
            ("Joins", ", ".join(self.joins) or "none"),
            ("Cells", f"{self.rows:,}"),
            *(bound if self.parameters else []),
            ("Time", times),
        ]


def explained(
    plan: Plan, rows: int, seconds: tuple[float, float, float], engine_plan: str
) -> Explanation:
    """Return the explanation of a plan that was run.

    Args:
        plan: The plan.
        rows: Number of cells that came.
        seconds: Of planning, running and shaping.
        engine_plan: What the engine says it did.
    """
    return Explanation(
        cube=plan.model.name,
        statement=plan.statement.text,
        parameters=plan.statement.parameters,
        stages=tuple(stage.statement.text for stage in plan.stages),
        source="facts" if plan.source is None else own_name(plan.source, plan.model.name),
        tables=plan.tables,
        joins=plan.joined,
        rows=rows,
        seconds=dict(zip(("planning", "sql", "shaping"), seconds, strict=True)),
        plan=engine_plan,
    )
