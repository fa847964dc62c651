"""Values that Python's own types have not."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pyarrow as pa
import pytest

from atomlite.data_types.listing import python_values

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- a reading of a clock
FAR_DAY = pa.array([10_000_000, 0, None], pa.int32()).cast(pa.date32())
FAR_DAYS = ["29349-01-26", dt.date(1970, 1, 1), None]
LAST = 253_402_300_799_000_000
PARIS = zoneinfo.ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (FAR_DAY, FAR_DAYS),
        (pa.array([-1_000_000], pa.int32()).cast(pa.date32()), ["-768-02-04"]),
        (pa.array([10**12, 0], pa.timestamp("s")), ["33658-09-27T01:46:40", EPOCH]),
        (
            pa.array([10**18 + 1], pa.timestamp("us", "UTC")),
            ["33658-09-27T01:46:40.000001+00:00"],
        ),
        (
            pa.array([LAST, 0], pa.timestamp("us", "Europe/Paris")),
            [
                "9999-12-31T23:59:59.000000+00:00",
                dt.datetime(1970, 1, 1, 1, tzinfo=PARIS),
            ],
        ),
        (pa.array([1], pa.time64("ns")), ["00:00:00.000000001"]),
        (
            pa.array([[1, None], None], pa.list_(pa.time64("ns"))),
            [["00:00:00.000000001", None], None],
        ),
        (pa.array([1, None]), [1, None]),
        (pa.ListArray.from_arrays([0, 3, 3], FAR_DAY), [FAR_DAYS, []]),
        (
            pa.StructArray.from_arrays([FAR_DAY[:1], pa.array([1])], names=["day", "units"]),
            [{"day": FAR_DAYS[0], "units": 1}],
        ),
        (
            pa.array([[("x", 10_000_000), ("y", 0)], None], pa.map_(pa.string(), pa.int32())).cast(
                pa.map_(pa.string(), pa.date32())
            ),
            [[("x", FAR_DAYS[0]), ("y", FAR_DAYS[1])], None],
        ),
    ],
    ids=str,
)
def test_what_python_has_not_is_text(column: pa.Array[Any], expected: list[object]) -> None:
    """Alone and within lists, structs and maps; all else is as always."""
    assert python_values(pa.chunked_array([column])) == expected
