"""Measures as quotients of measures that add up. Pure.

A difference of two sums is null where one of them is, while the total has both. So it adds up when
null counts as 0 in each of the two, and that is how sums and differences are read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atomlite.cubes.defining import many_hierarchies
from atomlite.cubes.joins import join_tree
from atomlite.errors import InvalidQuery
from atomlite.measures.additivity import additivity_of
from atomlite.measures.nodes import Aggregation, Arithmetic, Constant, Named, Where

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
    found = _Reader(model, over, many).read(Named(measure.name))
    if found is None:
        hint = "Take a sum, a count, a mean, or sums, differences and quotients of them."
        if measure.additivity_given:
            hint = "Its `additivity` was assigned; assign None to have it inferred."
        raise InvalidQuery(
            f'"{measure.name}" is neither additive over {", ".join(sorted(map(str, over)))} nor a '
            f"quotient of additive measures: {measure.expression}.",
            hint=hint,
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
        if isinstance(node, Named):
            return self._named(node)
        if self._adds_up(node):
            return Fraction(node)
        match node:
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

    def _named(self, node: Named) -> Fraction | None:
        """Return a measure as a fraction; what was assigned to its additivity is believed."""
        measure = self._model.measures[node.name]
        found = self.read(measure.expression)
        if found is not None and found.bottom is None:
            return found if self._adds_up(node) or not measure.additivity_given else None
        return Fraction(node) if self._adds_up(node) else found

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
        bottoms = {str(side.bottom): side.bottom for side in found}
        if len(bottoms) != 1:
            return None
        (bottom,) = bottoms.values()
        tops = []
        for side, fraction in ((node.left, left), (node.right, right)):
            if fraction is not None:
                tops.append(_or_zero(fraction.top))
            elif isinstance(side, Constant) and bottom is not None:
                tops.append(_or_zero(bottom * side))
            else:
                return None
        return Fraction(Arithmetic(tops[0], node.operator, tops[1]), bottom)


def _or_zero(node: MeasureExpression) -> MeasureExpression:
    return Where(((node.isnull(), Constant(0)),), node)
