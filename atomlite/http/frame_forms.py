"""The forms that a frame takes as an answer: JSON records, CSV, Arrow, Parquet, NDJSON."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from atomlite.http import frames, media_types
from atomlite.http.json_text import json_bytes

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet
    from _typeshed import ReadableBuffer


def forms_of(data_types: Iterable[pa.DataType]) -> tuple[str, ...]:
    """Return the forms that a frame with columns of some types takes: CSV has no place for lists.

    >>> import pyarrow as pa
    >>> "text/csv" in forms_of([pa.int8()]), "text/csv" in forms_of([pa.list_(pa.int8())])
    (True, False)
    """
    import pyarrow as pa  # noqa: PLC0415 -- where frames leave

    nested = any(map(pa.types.is_nested, data_types))
    return tuple(form for form in media_types.TABULAR if not (nested and form == media_types.CSV))


def parts(frame: object, media_type: str) -> Iterator[bytes]:
    """Yield the bytes of a frame in a form, part by part.

    Args:
        frame: Anything for which `frames.is_frame` holds.
        media_type: One of `media_types.TABULAR`.

    Raises:
        AnswerNotSerializable: A column has no such form; it is raised before the first part unless
            a value of a later batch is to blame.
    """
    if media_type in {media_types.JSON, media_types.NDJSON}:
        lines = _json_lines(frame)
        return lines if media_type == media_types.NDJSON else _json_array(lines)
    return _written(frames.reader(frame), media_type)


def _json_lines(frame: object) -> Iterator[bytes]:
    for batch in frames.batches(frame):
        if batch:
            yield b"".join([json_bytes(row) + b"\n" for row in batch])


def _json_array(lines: Iterator[bytes]) -> Iterator[bytes]:
    opening = b"["
    for part in lines:
        yield opening + part[:-1].replace(b"\n", b",")  # no other line feed: JSON escapes them
        opening = b","
    yield b"[]" if opening == b"[" else b"]"


class _Outbox(io.BytesIO):
    """A file that hands on what is written to it; it tells positions, which Parquet notes."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, data: ReadableBuffer, /) -> int:
        self._parts.append(bytes(data))
        self._position += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _written(reader: pa.RecordBatchReader, media_type: str) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 -- where frames leave

    outbox = _Outbox()
    try:
        with _writer(outbox, reader.schema, media_type) as writer:
            for batch in reader:
                writer.write_batch(batch)
                if part := outbox.take():
                    yield part
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise frames.without_form(media_type, str(error)) from error
    yield outbox.take()


def _writer(
    outbox: _Outbox, schema: pa.Schema, media_type: str
) -> pa.ipc.RecordBatchStreamWriter | pa.csv.CSVWriter | pa.parquet.ParquetWriter:
    import pyarrow as pa  # noqa: PLC0415 -- where frames leave
    import pyarrow.csv  # noqa: PLC0415 -- where frames leave
    import pyarrow.parquet  # noqa: PLC0415 -- where frames leave

    if media_type == media_types.CSV:
        return pa.csv.CSVWriter(outbox, schema)
    if media_type == media_types.PARQUET:
        return pa.parquet.ParquetWriter(outbox, schema)
    return pa.ipc.new_stream(outbox, schema)
