"""What a callback declares by its annotations: the type of the body, and that of the answer.

>>> from dataclasses import dataclass
>>> @dataclass
... class Order:
...     item: str
>>> def create(request: Request[Order], user, session, /) -> Order:
...     return request.body
>>> declarations_of(create).body.read(b'{"item": "pen"}')
Order(item='pen')
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import partial, reduce
from operator import or_
from types import FrameType, UnionType
from typing import Annotated, Any, ForwardRef, Union, cast

from atomlite.errors import InvalidAnswer, InvalidEndpoint
from atomlite.http.annotations import ValueType
from atomlite.http.requests import Request
from atomlite.http.responses import Response, ServerSentEvent
from atomlite.types import JsonValue

UNKNOWN = inspect.Signature.empty
"""The answer of a callback that does not declare one."""

_CONTAINERS = (dict, frozenset, list, set, tuple, Mapping, Sequence)
_OPEN = (Response, ServerSentEvent)


@dataclass(frozen=True, slots=True)
class Declarations:
    """What a callback declares.

    Args:
        body: How its body is read; ``None`` leaves any JSON as it is.
        answer: The annotation of what it returns, `Response` left out; `UNKNOWN` without one.
        answers: What its answers have to fit; ``None`` takes any.
        responds: Whether it may also return a `Response` of its own, which may say anything.
    """

    body: ValueType | None = None
    answer: object = UNKNOWN
    answers: ValueType | None = None
    responds: bool = True

    def outgoing(self, value: object) -> object:
        """Return what a callback returned, in the form in which it goes out.

        Raises:
            InvalidAnswer: It is not what the callback declares.
        """
        if self.answers is None or (self.responds and isinstance(value, Response)):
            return value
        if isinstance(value, Response):
            note: Mapping[str, JsonValue] = {
                "field": "",
                "message": "The callback returned a `Response`, which its annotation does not name",
                "found": None,
            }
            raise InvalidAnswer(self.answers.name, [note])
        return self.answers.checked(value)


UNDECLARED = Declarations()


def declarations_of(callback: Callable[..., object]) -> Declarations:
    """Return what a callback declares; its annotations may name classes of the functions around it.

    The body is declared by ``request: Request[Type]``. An answer is checked when its annotation
    names a dataclass, a TypedDict or a pydantic model; any other is for the documentation alone.

    Raises:
        InvalidEndpoint: An annotation names what does not exist, or a type that no JSON is read as.
    """
    try:
        signature = inspect.signature(callback)
    except ValueError:  # some functions written in C tell no signature
        return UNDECLARED
    first = next(iter(signature.parameters.values()), None)
    request = UNKNOWN if first is None else first.annotation
    if request is UNKNOWN and signature.return_annotation is UNKNOWN:
        return UNDECLARED
    names = _Names(callback)
    body = _body(request, names)
    answer, responds = _answer(signature.return_annotation, names, strict=body is not None)
    answers = None
    if is_declared(answer):
        try:
            answers = ValueType(answer, names=names.local())
        except InvalidEndpoint:
            if body is not None:
                raise
    return Declarations(body, answer, answers, responds)


def _body(annotation: object, names: _Names) -> ValueType | None:
    try:
        request = names.meaning(annotation)
    except _UNRESOLVED as error:
        if "[" not in str(annotation):  # as before there were typed bodies
            return None
        raise _unresolved(annotation, error) from error
    if typing.get_origin(request) is Annotated:
        request = typing.get_args(request)[0]
    if typing.get_origin(request) is not Request:
        return None
    (body,) = typing.get_args(request)
    if isinstance(body, ForwardRef) and body.__forward_arg__ == JsonValue:
        return None
    try:
        return ValueType(names.meaning(body, deep=True), names=names.local())
    except _UNRESOLVED as error:
        raise _unresolved(annotation, error) from error


def _answer(annotation: object, names: _Names, *, strict: bool) -> tuple[object, bool]:
    """Return what is answered but for responses, and whether these are, too."""
    if annotation is UNKNOWN:
        return UNKNOWN, True
    try:
        answer = names.meaning(annotation)
        if isinstance(answer, str):  # an alias such as `JsonValue`
            return UNKNOWN, True
        answer = names.meaning(answer, deep=True)
    except _UNRESOLVED as error:
        if strict:
            raise _unresolved(annotation, error) from error
        return UNKNOWN, True
    parts: tuple[Any, ...] = (answer,)
    if isinstance(answer, UnionType) or typing.get_origin(answer) is Union:
        parts = typing.get_args(answer)
    kept = [part for part in parts if part is not Response]
    responds = len(kept) < len(parts) or answer in (object, Any)
    return (reduce(or_, kept) if kept else UNKNOWN), responds


def is_declared(annotation: object) -> bool:
    """Return whether an annotation names, alone or inside of a container, a type with fields.

    >>> is_declared(list[int]), is_declared(dict[str, Declarations])
    (False, True)
    """
    origin = typing.get_origin(annotation)
    kind = annotation if origin is None else origin
    if typing.is_typeddict(kind) or type(kind).__name__ == "_TypedDictMeta":
        return True
    if isinstance(kind, type) and kind not in _OPEN:
        of_pydantic = any(each.__module__.partition(".")[0] == "pydantic" for each in kind.__mro__)
        if is_dataclass(kind) or of_pydantic:
            return True
    if origin is Annotated:
        return is_declared(typing.get_args(annotation)[0])
    if origin in (Union, UnionType) or kind in _CONTAINERS:
        return any(map(is_declared, typing.get_args(annotation)))
    return False


_UNRESOLVED = (NameError, AttributeError, SyntaxError, TypeError)


def _unresolved(annotation: object, error: Exception) -> InvalidEndpoint:
    return InvalidEndpoint(
        f'The annotation "{annotation}" cannot be read: {error}.',
        hint="Import or define what it names before the endpoint is registered, "
        "outside of `if TYPE_CHECKING:`.",
        details={"annotation": str(annotation)},
    )


class _Names:
    """What the annotations of a callback can name."""

    def __init__(self, callback: Callable[..., object]) -> None:
        function = _function(callback)
        self._globals: dict[str, Any] = getattr(function, "__globals__", {})
        self._function = function
        self._local: dict[str, Any] | None = None

    def meaning(self, annotation: object, *, deep: bool = False) -> object:
        """Return what an annotation stands for; ``deep``: also the texts inside of it."""
        holder = type("annotated", (), {"__annotations__": {"it": annotation}})
        if deep:
            return typing.get_type_hints(holder, self._globals, self.local(), include_extras=True)[
                "it"
            ]
        read = inspect.get_annotations(
            holder, globals=self._globals, locals=self.local(), eval_str=True
        )
        return read["it"]

    def local(self) -> dict[str, Any]:
        """Return the names of the functions around the callback, the inner ones first."""
        if self._local is None:
            found: dict[str, Any] = {}
            frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- names of running functions
            while frame is not None:
                if frame.f_globals is self._globals and frame.f_locals is not self._globals:
                    found = {**frame.f_locals, **found}
                frame = frame.f_back
            code = getattr(self._function, "__code__", None)
            cells = getattr(self._function, "__closure__", None) or ()
            for name, cell in zip(getattr(code, "co_freevars", ()), cells, strict=True):
                try:
                    found[name] = cell.cell_contents
                except ValueError:  # not assigned yet, as the function itself
                    continue
            self._local = found
        return self._local


def _function(callback: object) -> object:
    """Return the function that was written, of a method, partial, decorated or callable object."""
    while isinstance(callback, partial):
        callback = callback.func
    callback = inspect.unwrap(callback)  # type: ignore[arg-type] # whatever is called
    if inspect.ismethod(callback):
        callback = callback.__func__
    return callback if inspect.isroutine(callback) else type(cast("Any", callback)).__call__
