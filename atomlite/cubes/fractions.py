"""Measures as quotients of measures that add up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atomlite.cubes.defining import many_hierarchies
from atomlite.cubes.joins import join_tree
from atomlite.errors import InvalidQuery
from atomlite.measures.additivity import additivity_of
from atomlite.measures.nodes import Aggregation, Arithmetic, Constant, Named

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel, MeasureModel
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.tables.catalogs import Catalog


@dataclass(frozen=True, slots=True)
class Fraction:
    """A measure that adds up, or the quotient of two that do.

    Args:
        top: Adds up.
        bottom: Adds up; ``None`` for 1.
    """

    top: MeasureExpression
    bottom: MeasureExpression | None = None


def fraction_of(
    measure: MeasureModel, levels: Sequence[LevelKey], model: CubeModel, catalog: Catalog
) -> Fraction:
    """Return a measure as a quotient of measures that add up over some levels.

    Raises:
        InvalidQuery: It is none.
    """
    over = frozenset(level.owner for level in levels)
    many = many_hierarchies(model, join_tree(model.fact, catalog))
    found = _Reader(model, over, many).read(measure.expression)
    if found is None:
        raise InvalidQuery(
            f'"{measure.name}" is neither additive over {", ".join(sorted(map(str, over)))} nor a '
            f"quotient of additive measures: {measure.expression}.",
            hint="Take a sum, a count, a mean, or a quotient of sums and counts.",
        )
    return found


class _Reader:
    """Reads expressions of one cube.

    Args:
        model: The cube.
        over: The hierarchies that it must add up over.
        many: Hierarchies in which a fact may have several members.
    """

    def __init__(
        self, model: CubeModel, over: frozenset[HierarchyKey], many: frozenset[HierarchyKey]
    ) -> None:
        self._model = model
        self._over = over
        self._many = many

    def read(  # noqa: PLR0911 -- one for each kind
        self, node: MeasureExpression
    ) -> Fraction | None:
        """Return an expression as a fraction; ``None`` where it is none."""
        if self._adds_up(node):
            return Fraction(node)
        match node:
            case Named(name=name):
                return self.read(self._model.measures[name].expression)
            case Aggregation(function="mean"):
                parts = [replace(node, function=name) for name in ("sum", "count")]
                return Fraction(*parts) if all(map(self._adds_up, parts)) else None
            case Arithmetic(operator="/"):
                return self._quotient(node.left, node.right)
            case Arithmetic(operator="*", left=Constant() as factor, right=inner):
                return self._scaled(inner, "*", factor)
            case Arithmetic(operator="*", left=inner, right=Constant() as factor):
                return self._scaled(inner, "*", factor)
            case Arithmetic(operator="+" | "-"):
                return self._sum(node)
        return None

    def _adds_up(self, node: MeasureExpression) -> bool:
        if isinstance(node, Constant):
            return False
        found = additivity_of(node, self._model.measures, self._many)
        if found.kind == "semi-additive":
            return self._over.isdisjoint(found.not_over)
        return found.kind == "additive"

    def _quotient(self, left: MeasureExpression, right: MeasureExpression) -> Fraction | None:
        top = self.read(left)
        if top is None:
            return None
        if isinstance(right, Constant):
            return self._scaled(left, "/", right)
        bottom = self.read(right)
        if bottom is None or top.bottom is not None or bottom.bottom is not None:
            return None
        return Fraction(top.top, bottom.top)

    def _scaled(self, node: MeasureExpression, sign: str, factor: Constant) -> Fraction | None:
        inner = self.read(node)
        if inner is None:
            return None
        return replace(inner, top=inner.top * factor if sign == "*" else inner.top / factor)

    def _sum(self, node: Arithmetic) -> Fraction | None:
        left, right = self.read(node.left), self.read(node.right)
        found = [side for side in (left, right) if side is not None]
        bottoms = [side.bottom for side in found if side.bottom is not None]
        if len({str(bottom) for bottom in bottoms}) != 1:
            return None
        bottom = bottoms[0]
        tops = []
        for side, fraction in ((node.left, left), (node.right, right)):
            if isinstance(side, Constant):
                tops.append(bottom * side)
            elif fraction is None or fraction.bottom is None:
                return None
            else:
                tops.append(fraction.top)
        return Fraction(Arithmetic(tops[0], node.operator, tops[1]), bottom)
