"""JSON text from the values that callbacks return, and back.

The rules, the same for every answer:

- dates, times and timestamps are ISO 8601 text, durations too (``"P1DT2H0M0.5S"``);
- integers keep every digit, however long, as JSON numbers; decimals keep every digit, as text;
- NaN, the infinities, and the missing values of pandas are ``null``;
- enumerations are their values, dataclasses and mappings objects, sets and sequences arrays;
- numpy, pandas and pyarrow scalars and arrays are what they hold, and a frame is a list of records;
- keys that are no text become the text of their JSON form; bytes have no JSON form.

>>> json_bytes({"day": date(2024, 2, 29), "price": Decimal("1.10"), "gap": float("nan")})
b'{"day":"2024-02-29","price":"1.10","gap":null}'
>>> json_bytes([2**70])
b'[1180591620717411303424]'
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

import orjson

from atomlite.errors import AnswerNotSerializable, InvalidJson
from atomlite.http import frames
from atomlite.types import JsonValue

if TYPE_CHECKING:
    import numpy as np

# orjson 3.13 writes a time of 10,000 microseconds as ".10000"; Python's own form is right.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
_NUMBER_BEYOND_64_BITS = re.compile(rb"[0-9]{19}")


def json_bytes(value: object) -> bytes:
    """Return the JSON text of a value, in UTF-8.

    Raises:
        AnswerNotSerializable: Some part has no JSON form; the message says where it is.
    """
    try:
        return orjson.dumps(value, default=_simpler, option=_OPTIONS)
    except TypeError:
        # Long integers, keys that are no text, lone surrogates: the standard library writes them
        # all, ten times slower. What has no form at all is found here, with its place.
        try:
            return json.dumps(_plain(value, ""), separators=(",", ":"), allow_nan=False).encode()
        except RecursionError:
            raise AnswerNotSerializable(
                "The answer is nested too deeply, or contains itself.",
                hint="Return a flatter value.",
            ) from None


def parse_json(text: bytes, *, keys_once: bool = False) -> JsonValue:
    """Return the value of a JSON text.

    Args:
        text: In UTF-8.
        keys_once: Whether to refuse an object that has a key twice; the last one counts otherwise.

    Raises:
        InvalidJson: It is not JSON, not UTF-8, or nested too deeply; the error says where.

    >>> parse_json(b"[1, 36893488147419103232]")
    [1, 36893488147419103232]
    """
    try:
        if keys_once or _NUMBER_BEYOND_64_BITS.search(text):
            # orjson reads integers beyond 64 bits as floats, and of a key that stands twice the
            # last value; the standard library keeps digits and shows all keys.
            value: JsonValue = json.loads(
                text.decode(),
                parse_constant=_refuse_constant,
                parse_float=_finite,
                object_pairs_hook=_each_key_once if keys_once else None,
            )
            if b"\\u" in text:  # half of a character, which orjson refuses, cannot be stored
                json.dumps(value, ensure_ascii=False).encode()
        else:
            value = orjson.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(error.msg, line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise InvalidJson(reason) from None
    return value


def repeated_key(pairs: Iterable[tuple[str, object]]) -> str | None:
    """Return the first key that an object has twice; ``None`` where each stands once.

    >>> repeated_key([("a", 1), ("b", 2), ("a", 3)])
    'a'
    """
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    return None


def _each_key_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(
            f'the key "{(repeated_key(pairs) or "")[:100]}" stands twice in one object'
        )
    return found


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is beyond what a float can hold")
    return value


def _simpler(value: object) -> object:  # noqa: C901, PLR0911 -- one line for each kind of value
    """Return a value that is one step nearer to JSON.

    Raises:
        TypeError: There is none.
    """
    if isinstance(value, float):  # a child class, as numpy's
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if _is_missing(value):
        return None
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError
    if frames.is_frame(value):
        return [row for batch in frames.batches(value) for row in batch]
    listed = _listed(value)
    if listed is not None:
        return listed[0]
    if isinstance(value, Collection):
        return list(value)
    raise TypeError


def _listed(value: object) -> tuple[object] | None:
    """Return what a numpy, pandas or pyarrow value holds, in a tuple; ``None`` for others."""
    if type(value).__module__ == "numpy" and getattr(value, "dtype", None) is not None:
        return (_from_numpy(value),)
    for method in ("tolist", "as_py", "to_pylist"):  # Series and Index; Scalar; Array
        if callable(convert := getattr(value, method, None)):
            return (convert(),)
    return None


def _from_numpy(value: object) -> object:
    """Return what a numpy scalar or array holds; times as text, since `tolist` gives numbers."""
    import numpy as np  # noqa: PLC0415 -- loaded already, as there is a value of it

    array = np.asarray(value)
    if array.dtype.kind in "cV":
        raise TypeError
    if array.dtype.kind in "mM":
        form = _numpy_duration if array.dtype.kind == "m" else np.datetime_as_string
        texts = [None if np.isnat(each) else str(form(each)) for each in array.flat]
        return np.array(texts, dtype=object).reshape(array.shape).tolist()
    # `tolist` keeps numpy's long floats, which JSON does not know.
    return (array.astype(float) if array.dtype.char == "g" else array).tolist()


def _numpy_duration(value: np.timedelta64) -> str:
    return _duration_text(int(value.astype("timedelta64[ns]").astype(int)))


def _is_missing(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and (value is pandas.NA or value is pandas.NaT)


def _duration(value: timedelta) -> str:
    seconds = value.days * 86_400 + value.seconds
    fraction = value.microseconds * 1_000 + getattr(value, "nanoseconds", 0)  # pandas keeps those
    return _duration_text(seconds * 10**9 + fraction)


def _duration_text(nanoseconds: int) -> str:
    """Return a duration in ISO 8601.

    >>> _duration_text(93_600_500_000_000), _duration_text(-1_000_000_000)
    ('P1DT2H0M0.5S', '-P0DT0H0M1S')
    """
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), 10**9)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    decimals = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{sign}P{days}DT{hours}H{minutes}M{seconds}{decimals}S"


def _plain(value: object, path: str) -> JsonValue:  # noqa: PLR0911 -- as `_simpler`
    """Return the value made of nothing but what the standard library's encoder knows."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, path)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        return {_key(key, path): _plain(item, f"{path}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name), f"{path}.{field.name}")
            for field in fields(value)
            if not field.name.startswith("_")
        }
    try:
        simpler = _simpler(value)
    except TypeError:
        _refuse(value, path)
    return simpler if type(simpler) is float else _plain(simpler, path)


def _key(key: object, path: str) -> str:
    if isinstance(key, str):
        return str(key)
    plain = _plain(key, path)
    if isinstance(plain, (list, dict)):
        _refuse(key, path, role="key")
    return plain if isinstance(plain, str) else json.dumps(plain)


def _refuse(value: object, path: str, *, role: str = "value") -> NoReturn:
    kind = type(value).__qualname__
    place = f"answer{path}"
    bytes_hint = "Return `Response(body, media_type=...)` for bytes, or encode them as text."
    raise AnswerNotSerializable(
        f"The callback returned a {role} without a JSON form: {place} is of type {kind}.",
        hint=bytes_hint
        if isinstance(value, (bytes, bytearray, memoryview))
        else "Return its parts.",
        details={"path": place, "type": kind},
    ) from None
