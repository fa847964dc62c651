"""Types as contracts: JSON read as an annotated type, answers checked against one, and schemas.

The work is pydantic's, which is imported when the first type is made and not before.

>>> from dataclasses import dataclass
>>> @dataclass
... class Point:
...     x: int
...     y: int = 0
>>> ValueType(Point).read(b'{"x": 3}')
Point(x=3, y=0)
>>> schema_of(list[int])
{'items': {'type': 'integer'}, 'type': 'array'}
"""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from atomlite.errors import AnswerNotSerializable, InvalidAnswer, InvalidBody, InvalidEndpoint
from atomlite.http.json_text import json_bytes, parse_json
from atomlite.types import JsonValue

if TYPE_CHECKING:
    import pydantic
    from pydantic_core import ErrorDetails

SchemaMode: TypeAlias = Literal["validation", "serialization"]
"""Whether a schema is of what is read, or of what is written."""

_NO_NAMES: Mapping[str, object] = MappingProxyType({})
_LISTED_PROBLEMS = 100
_COUNTED_PROBLEMS = 1000  # what pydantic tells of each of a million is a minute's work
_LONGEST_TEXT = 100
_LONGEST_INTEGER_BITS = 64
_MODULES = re.compile(r"(?:[\w<>]+\.)+")
_ADVICE = ". Set `arbitrary_types_allowed=True`"
"""Where pydantic begins to say what to do with a model, which is not what to do here."""

_ASKED = "__get_pydantic_core_schema__"
_WORDS = {
    "extra_forbidden": "Unknown field",
    "unexpected_keyword_argument": "Unknown field",
    "missing": "Field required",
    "missing_argument": "Field required",
    "missing_keyword_only_argument": "Field required",
}


class ValueType:
    """A type that JSON is read as, or that answers have to fit.

    Types are taken strictly: ``"3"`` is no integer. Dates, decimals, UUIDs and the like are read
    from their JSON forms. A dataclass or TypedDict refuses fields that it does not have; a pydantic
    model has its own configuration.

    Args:
        annotation: A dataclass, a TypedDict, a pydantic model, or anything else that pydantic can
            adapt, nested as in ``list[Order]``.
        names: What texts within the annotation may name, besides the names of their module.

    Raises:
        InvalidEndpoint: Pydantic cannot adapt it; the message says why.
    """

    __slots__ = ("_adapter", "name")

    def __init__(self, annotation: object, *, names: Mapping[str, object] = _NO_NAMES) -> None:
        import pydantic  # noqa: PLC0415 -- takes longer to load than all of atomlite

        self.name = type_name(annotation)
        # In a list, a type without a configuration of its own takes the one given here.
        config = pydantic.ConfigDict(
            extra="forbid", revalidate_instances="always", defer_build=True
        )
        try:
            if sys.version_info < (3, 12):
                _prepare_typed_dicts(annotation, names, set())
            adapted: Any = list[annotation]  # type: ignore[valid-type] # made at run time
            self._adapter: pydantic.TypeAdapter[list[object]] = pydantic.TypeAdapter(
                adapted, config=config
            )
            self._adapter.rebuild(force=True, _types_namespace=dict(names))
            self._adapter.json_schema()
            self._adapter.json_schema(mode="serialization")
        except (pydantic.PydanticUserError, NameError, TypeError) as error:
            reason = str(error).partition("\n")[0].partition(_ADVICE)[0].rstrip(".")
            raise InvalidEndpoint(
                f'The annotation "{self.name}" does not say what JSON looks like: {reason}.',
                hint="Name a dataclass, a TypedDict, a pydantic model, or types made of these.",
                details={"annotation": self.name},
            ) from error

    def read(self, text: bytes) -> object:
        """Return the value of a JSON text as an instance of the type.

        Args:
            text: A body as sent; an empty one counts as ``null`` where the type has it.

        Raises:
            InvalidJson: It is not JSON, or an object has a key twice.
            InvalidBody: It does not fit the type; the error names each field.
        """
        import pydantic  # noqa: PLC0415 -- loaded already

        # Refuses what is not JSON in the words of all endpoints.
        value = parse_json(text, keys_once=True) if text else None
        try:
            return self._adapter.validate_json(b"[%b]" % (text or b"null"), strict=True)[0]
        except pydantic.ValidationError as error:
            refusal = error
        try:
            if whole := _with_integers([value], refusal):
                return self._adapter.validate_json(json_bytes(whole), strict=True)[0]
        except pydantic.ValidationError as error:
            refusal = error
        if not text:
            raise InvalidBody.missing(self.name)
        raise InvalidBody(self.name, _problems(refusal), count=refusal.error_count())

    def checked(self, value: object) -> object:
        """Return an answer as dictionaries, lists and scalars, when it fits the type.

        An instance is checked again, its fields too. What is none, such as a dictionary in place of
        a dataclass or a number of numpy, fits when its JSON does.

        Raises:
            InvalidAnswer: It does not fit; the message names the first field.
        """
        import pydantic  # noqa: PLC0415 -- loaded already
        from pydantic_core import PydanticSerializationError  # noqa: PLC0415 -- see above

        try:
            return self._plain(self._adapter.validate_python([value], strict=True))
        except (pydantic.ValidationError, PydanticSerializationError) as error:
            first = error
        try:
            return self._plain(self._adapter.validate_json(json_bytes([value]), strict=True))
        except pydantic.ValidationError as error:
            raise InvalidAnswer(self.name, _problems(error)) from first
        except AnswerNotSerializable:
            found = _problems(first) if isinstance(first, pydantic.ValidationError) else []
            reason: Mapping[str, JsonValue] = {"field": "", "message": str(first), "found": None}
            raise InvalidAnswer(self.name, found or [reason]) from first

    def _plain(self, values: list[object]) -> object:
        plain = self._adapter.dump_python(values, by_alias=True, warnings="error")
        return cast("list[object]", plain)[0]

    def schema(self, mode: SchemaMode) -> dict[str, JsonValue]:
        """Return the JSON schema of the type; schemas that it refers to stand in its ``$defs``."""
        whole = self._adapter.json_schema(mode=mode)
        schema: dict[str, JsonValue] = dict(whole["items"])
        if "$defs" in whole:
            schema["$defs"] = whole["$defs"]
        return schema

    def takes_null(self) -> bool:
        """Return whether ``null``, and so a request without a body, fits the type."""
        try:
            self.read(b"")
        except InvalidBody:
            return False
        return True


def type_name(annotation: object) -> str:
    """Return a type as a reader knows it, without the modules that it comes from.

    >>> type_name(dict[str, ValueType])
    'dict[str, ValueType]'
    """
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    return _MODULES.sub("", str(annotation))


def schema_of(annotation: object, mode: SchemaMode = "validation") -> dict[str, JsonValue]:
    """Return the JSON schema (2020-12) of a type.

    Args:
        annotation: As for `ValueType`.
        mode: ``"validation"`` (default) describes what is read as the type, ``"serialization"``
            what is written from it: a field with a default may be missing in the former alone.

    Returns:
        The schema. Those of nested classes stand in its ``$defs``, and ``$ref`` names them.

    Raises:
        InvalidEndpoint: Pydantic has no schema for it.
    """
    return ValueType(annotation).schema(mode)


def _problems(error: pydantic.ValidationError) -> list[Mapping[str, JsonValue]]:
    """Return the first problems of a value, each with the path of its field."""
    if error.error_count() > _COUNTED_PROBLEMS:
        return []
    problems = error.errors(include_url=False, include_context=False)[:_LISTED_PROBLEMS]
    return [
        {
            "field": _path(problem["loc"][1:]),
            "message": _WORDS.get(problem["type"], problem["msg"]),
            "found": _found(problem),
        }
        for problem in problems
    ]


def _with_integers(value: list[JsonValue], error: pydantic.ValidationError) -> list[JsonValue]:
    """Return a value with integers for the floats that are refused in their place.

    To JSON Schema ``9.0`` is an integer. Empty where nothing, or more than that, is wrong.
    """
    if error.error_count() > _COUNTED_PROBLEMS:
        return []
    for problem in error.errors(include_url=False, include_context=False):
        found, (*way, last) = problem["input"], problem["loc"]
        if problem["type"] != "int_type" or type(found) is not float or not found.is_integer():
            return []
        parent: Any = value
        for step in way:
            parent = parent[step] if _has(parent, step) else None
        if not _has(parent, last):
            return []  # the place is within a union, which tells of itself on the way
        parent[last] = int(found)
    return value


def _has(parent: object, step: int | str) -> bool:
    kind = list if isinstance(step, int) else dict
    return isinstance(parent, kind) and (isinstance(step, int) or step in parent)


def _path(steps: Iterable[int | str]) -> str:
    """Return the place of a value within another.

    >>> _path(["lines", 0, "units"])
    'lines[0].units'
    """
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".")


def _found(problem: ErrorDetails) -> JsonValue:
    """Return what was found in a place, short enough to show; ``None`` where nothing was."""
    value = problem["input"]
    if _WORDS.get(problem["type"]) == "Field required":
        return None
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}..."
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return f"an integer of {value.bit_length():,} bits"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    return "an object" if isinstance(value, dict) else f"of type {type(value).__qualname__}"


def _prepare_typed_dicts(annotation: object, names: Mapping[str, object], seen: set[int]) -> None:
    """Let pydantic read the TypedDicts within a type; needed before Python 3.12.

    There it refuses each `typing.TypedDict`, which tells it less than those of `typing_extensions`.
    One of the latter speaks for it, by the method that pydantic asks every class for.

    Args:
        annotation: Any type; dataclasses and TypedDicts are searched, too.
        names: As for `ValueType`.
        seen: Ids of the classes that were searched already.
    """
    import typing_extensions  # noqa: PLC0415 -- with pydantic

    for part in typing.get_args(annotation):
        _prepare_typed_dicts(part, names, seen)
    kind: Any = typing.get_origin(annotation) or annotation
    typed_dict = typing.is_typeddict(kind) or typing_extensions.is_typeddict(kind)
    if id(kind) in seen or not (typed_dict or (isinstance(kind, type) and is_dataclass(kind))):
        return
    seen.add(id(kind))
    home = sys.modules.get(kind.__module__)  # some notebooks and doctests run in none
    space = {} if home is None else vars(home)
    hints = typing.get_type_hints(kind, space, dict(names), include_extras=True)
    for hint in hints.values():
        _prepare_typed_dicts(hint, names, seen)
    if type(kind).__module__ == "typing" and not hasattr(kind, _ASKED):
        copy: Any = typing_extensions.TypedDict(kind.__name__, {})  # type: ignore[misc] # made at run time
        copy.__doc__, copy.__module__ = kind.__doc__, kind.__module__
        copy.__qualname__ = kind.__qualname__
        copy.__annotations__, copy.__required_keys__ = hints, kind.__required_keys__
        setattr(kind, _ASKED, staticmethod(lambda _, handler: handler.generate_schema(copy)))
