"""The session: tables, cubes, endpoints and traces, in one process, from one call.

>>> import pandas as pd
>>> with Session.start() as session:
...     sales = session.read_pandas(pd.DataFrame({"day": [1, 2]}), keys={"day"}, table_name="Sales")
...     sales.row_count
2

It owns the engine, the server and the client, and is the only place that makes them. Safe from any
thread. Its server runs in threads of its own: the event loop of a notebook is left alone.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from atomlite import lifetimes
from atomlite.client import Client
from atomlite.config import SessionConfig
from atomlite.display.links import WebLink
from atomlite.engine.database import Database
from atomlite.engine.selects import select
from atomlite.errors import InvalidConfiguration, TransactionMisused
from atomlite.server.server import Server
from atomlite.tables.readers import TableReaders
from atomlite.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pandas as pd

    from atomlite.cubes.building import Mode
    from atomlite.cubes.cube import Cube
    from atomlite.cubes.mapping import Cubes
    from atomlite.expressions.conditions import Condition
    from atomlite.http.contracts import Contract
    from atomlite.http.endpoints import BodyForm, Endpoints
    from atomlite.http.requests import Request
    from atomlite.http.responses import Response
    from atomlite.tables.mapping import Tables
    from atomlite.tables.table import Table
    from atomlite.tables.writing import IfExists
    from atomlite.telemetry.store import Traces
    from atomlite.telemetry.trace import Trace
    from atomlite.types import JsonValue, Method, Version

_CallbackT = TypeVar("_CallbackT", bound=Callable[..., object])
_ContractT = TypeVar("_ContractT", bound="Contract")

_EXIT_DRAIN_SECONDS = 0.2


class Session(TableReaders):
    """Tables in an embedded engine, and an HTTP server over them. Made by `start`."""

    def __init__(self, config: SessionConfig) -> None:
        # Not at the top: `import atomlite` must not wait for pyarrow.
        from atomlite.cubes.mapping import Cubes  # noqa: PLC0415 -- as said
        from atomlite.tables.creation import Creation  # noqa: PLC0415 -- as said
        from atomlite.tables.mapping import Tables  # noqa: PLC0415 -- as said
        from atomlite.tables.opening import open_store  # noqa: PLC0415 -- as said
        from atomlite.tables.writing import Writer  # noqa: PLC0415 -- as said

        self.config = config
        self._ended = threading.Event()
        self._closing = threading.Lock()
        self._program_version = installed_version("atomlite")
        self._tracing = Tracing(config.tracing, version=self._program_version)
        with contextlib.ExitStack() as undo, self._tracing.span("Session.start"):
            undo.callback(self._tracing.close)
            path = Path(config.database) if config.database is not None else None
            self._database = Database(
                path,
                tracing=self._tracing,
                memory_limit=config.memory_limit,
                threads=config.threads,
                query_seconds=config.limits.query_seconds,
                cache_bytes=config.limits.cache_bytes,
            )
            undo.callback(self._database.close)
            self._store = open_store(self._database)
            writer = Writer(self._store, config.limits, persistent=path is not None)
            self._tables = Tables(writer, self._tracing)
            self._creation = Creation(writer, self._tables, self._tracing)
            self._cubes = Cubes(writer, self._tracing, config.limits)
            self._server = Server(config, self._tracing, self)
            undo.callback(self._server.close)
            self._client = Client(
                self.url,
                tracing=self._tracing,
                callback_seconds=config.limits.callback_seconds,
                is_async_callback=self._server.is_async_callback,
                inner_key=self._server.inner_key,
            )
            undo.pop_all()
        lifetimes.watch(self)

    @classmethod
    def start(cls, config: SessionConfig | None = None) -> Session:
        """Start a session: its engine and its server, on a free port of this machine by default.

        Args:
            config: What differs from the defaults of `SessionConfig`.

        Raises:
            PortInUse: Another program or session listens on the port.
            DatabaseHeld: Another process or session has the database file open.
            DatabaseUnreadable: The database file is none, or of another version.
            InvalidConfiguration: A value is out of range.

        >>> session = Session.start()
        >>> session.url.startswith("http://127.0.0.1:")
        True
        >>> session.close()
        """
        given: object = SessionConfig() if config is None else config
        if not isinstance(given, SessionConfig):
            raise InvalidConfiguration("config", config, "made by `SessionConfig`")
        return cls(given)

    def close(self) -> None:
        """Answer the requests in flight, stop listening, close the database. Idempotent.

        Waits at most ``limits.drain_seconds`` for requests; those still running then are stopped.
        Rows in a database file are safe before this: every load that returned is kept.

        Raises:
            ClosedFromWithin: A callback of the session called this.
        """
        self._close(drain_seconds=None)

    def _close(self, *, drain_seconds: float | None) -> None:
        if self._database.forked:  # all of it is the parent's
            return
        self._server.close(drain_seconds=drain_seconds)
        with self._closing:
            if self._ended.is_set():
                return
            self._client.close()
            self._database.close()
            self._tracing.close()
            self._ended.set()
        lifetimes.forget(self)

    def close_at_exit(self) -> None:
        """Close soon, whatever runs; the process is about to end."""
        self._close(drain_seconds=_EXIT_DRAIN_SECONDS)

    def abandon_in_child(self, parent_pid: int) -> None:
        """In a forked child: make every use an error, and leave the parent's sockets alone."""
        self._database.abandon(parent_pid)
        self._server.close_in_child()

    def __enter__(self) -> Self:
        """Return the session.

        Raises:
            SessionClosed: After `close`.
        """
        self._database.check()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def wait(self) -> None:
        """Wait until the session is closed: the last line of a script that serves.

        Ctrl-C ends the wait with `KeyboardInterrupt`.
        """
        if not self._ended.is_set():
            self._database.check()
        self._ended.wait()

    @property
    def port(self) -> int:
        """The TCP port that the session listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where the session answers, ``base_path`` included, without a slash at the end."""
        host = self.config.host
        if host in ("0.0.0.0", "::", ""):  # noqa: S104 -- not bound here, shown
            host = "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}{self.config.base_path}".rstrip("/")

    @property
    def link(self) -> WebLink:
        """The session's address; in a notebook, something to click on."""
        return WebLink(f"{self.url}/")

    @property
    def tables(self) -> Tables:
        """The tables by name."""
        return self._tables

    @property
    def cubes(self) -> Cubes:
        """The cubes by name."""
        return self._cubes

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints by method and route, with their calls and errors."""
        return self._server.endpoints

    @property
    def traces(self) -> Traces:
        """What was recorded: the newest traces, newest last."""
        return self._tracing.traces

    @property
    def client(self) -> Client:
        """Calls the session over HTTP: ``session.client.http_client.get("proxy/...")``."""
        self._database.check()
        return self._client

    @property
    def version(self) -> Version:
        """The version of the data: grows with every committed change."""
        return self._store.visible_state.version

    def create_cube(
        self,
        fact_table: Table | str,
        name: str | None = None,
        *,
        mode: Mode = "auto",
        filter: Condition | None = None,  # noqa: A002 -- the word that users know
        if_exists: IfExists = "replace",
    ) -> Cube:
        """Create a cube over the rows of a table and of those that joins lead to from it.

        It holds no rows, and always shows the tables as they are. Columns of tables that are joined
        later come to it by themselves; what was deleted from it does not come back.

        Args:
            fact_table: Its rows are the facts.
            name: Name of the cube; that of the fact table by default.
            mode: ``"auto"``: a hierarchy of one level for each key, each column that a join starts
                from and each column that is no number, in a dimension named after its table;
                ``{column}.SUM`` and ``{column}.MEAN`` for each other number of the fact table.
                ``"no_measures"``: the hierarchies alone. ``"manual"``: neither. The number of
                facts, ``contributors.COUNT``, is always there.
            filter: Only facts for which it holds: a condition about columns of the fact table, or
                of tables of which a fact has one partner at most.
            if_exists: What to do with a cube of this name: ``"replace"`` begins it anew, ``"fail"``
                raises.

        Raises:
            TableNotFound: There is no such table.
            CubeExists: There is a cube of this name, and ``if_exists`` is ``"fail"``.
            InvalidModel: Joins lead to a table in two ways, or the filter cannot be applied to
                facts.
            InvalidName: The name cannot be used.

        >>> frame = pd.DataFrame({"City": ["Paris", "Rome", "Rome"], "Price": [1.0, 2.0, 4.0]})
        >>> cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))
        >>> list(cube.hierarchies), list(cube.measures)
        ([('Sales', 'City')], ['contributors.COUNT', 'Price.SUM', 'Price.MEAN'])
        """
        self._database.check()
        return self._cubes.create(fact_table, name, mode=mode, filter=filter, if_exists=if_exists)

    def trace(self, name: str = "trace") -> AbstractContextManager[Trace]:
        """Record what a block does as one trace.

        Args:
            name: Name of its first span.

        >>> with session.trace("count") as trace:
        ...     len(session.tables)
        0
        >>> trace.root.name
        'count'
        """
        self._database.check()
        return self._tracing.trace(name)

    def endpoint(
        self, route: str, *, method: Method = "GET", body: BodyForm = "json"
    ) -> Callable[[_CallbackT], _CallbackT]:
        """Answer requests to ``/proxy/{route}`` with a function.

        The function takes the request, the user and the session, and returns what to answer: a JSON
        value, a DataFrame or Arrow table, a `Response`, a generator to stream. It may be ``async``.
        It runs on a thread of its own, so it may block and may call the session over HTTP. Running
        a cell again replaces it; requests in flight end on the old one.

        Annotated as ``request: Request[NewOrder]``, with a dataclass, TypedDict or pydantic model,
        its body is checked and arrives as one; a body that does not fit answers 400 and names the
        field. What it returns is checked when its annotation names such a type. ``/openapi.json``
        describes both.

        Args:
            route: Template: ``"tables/{name}/rows/{id:int}"``.
            method: ``"DELETE"``, ``"GET"``, ``"PATCH"``, ``"POST"``, ``"PUT"`` or ``"QUERY"``; HEAD
                follows GET.
            body: ``"json"`` (default) parses JSON and refuses other bodies; ``"files"`` takes forms
                with files; ``"raw"`` leaves the bytes alone.

        Raises:
            InvalidRoute: The template is not well formed, or matches the same paths as another.
            InvalidEndpoint: An annotation names what does not exist, or a type that no JSON is read
                as.

        >>> @session.endpoint("tables/{name}/count")
        ... def count(request, user, session, /):
        ...     return session.tables[request.path_parameters["name"]].row_count
        >>> _ = session.create_table("Sales", data_types={"day": "date"})
        >>> session.client.http_client.get("proxy/tables/Sales/count").json()
        0
        """
        self._database.check()

        def register(callback: _CallbackT) -> _CallbackT:
            self._database.check()
            self.endpoints.register(callback, method=method, route=route, body=body)
            return callback

        return register

    def mount(self, contract: _ContractT) -> _ContractT:
        """Serve a ready-made endpoint, such as a search, under ``/proxy/{its route}``.

        It answers several methods, and OPTIONS, and has an envelope of its own for errors. Slashes
        around its path are ignored. To mount another on the same route replaces it; requests in
        flight end on the old one. ``del session.endpoints[route]`` takes it away.

        Args:
            contract: `AdvancedSearch`, `DbGrid`, or anything else of the shape of
                `atomlite.http.contracts.Contract`.

        Returns:
            The contract.

        Raises:
            InvalidArgument: It is no contract.
            InvalidRoute: Its route is not well formed, or matches the same paths as another.
            SessionClosed: After `close`.

        >>> frame = pd.DataFrame({"id": [1, 2], "item": ["pen", "ink"]})
        >>> sales = session.read_pandas(frame, keys={"id"}, table_name="Sales")
        >>> search = session.mount(
        ...     al.AdvancedSearch(
        ...         table=sales,
        ...         url="sales/search",
        ...         readable_column_names=["item"],
        ...         sortable_column_names=["item"],
        ...         searchable_column_names=["item"],
        ...         default_sort_column_name="item",
        ...     )
        ... )
        >>> session.client.http_client.get("proxy/sales/search").json()["data"]
        [{'item': 'ink'}, {'item': 'pen'}]
        """
        self._database.check()
        self.endpoints.mount(contract)
        return contract

    def openapi(self) -> dict[str, JsonValue]:
        """Return the OpenAPI 3.1 document of the session, which ``/openapi.json`` answers.

        It describes what the session answers at the moment: endpoints with their parameters, and
        with the types that their annotations declare, mounted searches, and what every session has.
        ``/docs`` shows it in a browser.

        >>> document = session.openapi()
        >>> document["openapi"], "/api/tables" in document["paths"]
        ('3.1.0', True)
        """
        self._database.check()
        from atomlite.openapi.documents import document  # noqa: PLC0415 -- see `__init__`

        return document(self.endpoints.values(), version=self._program_version, server=self.url)

    def sql(self, query: str) -> pd.DataFrame:
        """Return the rows of one SELECT over the tables. From Python only.

        Args:
            query: Exactly one statement, a SELECT, in the engine's dialect.

        Raises:
            QueryRefused: It is something else.
            QueryFailed: The engine cannot run it.
            TransactionMisused: Called inside a data transaction, whose changes it would not see.

        >>> session.sql("SELECT 40 + 2 AS answer")
           answer
        0      42
        """
        from atomlite.tables.frames import to_frame  # noqa: PLC0415 -- see `__init__`

        if self._store.transaction is not None:
            raise TransactionMisused(
                "`sql` reads what is committed, and this is inside a data transaction.",
                hint="Use `table.query` here, or call `sql` after the transaction.",
            )
        with self._tracing.span("Session.sql"):
            return to_frame(select(self._database, query))

    def describe_version(self) -> JsonValue:
        """Return the versions of the program and of the data, as ``/api/version`` answers them."""
        return {"atomlite": self._program_version, "data": str(self.version)}

    def describe_tables(self) -> Sequence[JsonValue]:
        """Return what ``/api/tables`` answers."""
        return self._tables.describe()

    def describe_table(self, name: str) -> JsonValue:
        """Return what ``/api/tables/{name}`` answers.

        Raises:
            TableNotFound: There is none of this name.
        """
        return self._tables.describe_one(name)

    def describe_cubes(self) -> Sequence[JsonValue]:
        """Return what ``/api/cubes`` answers."""
        from atomlite.search.cubes.answering import described  # noqa: PLC0415 -- see `__init__`

        return [described(model) for model in self._cubes.models()]

    def describe_cube(self, name: str) -> JsonValue:
        """Return what ``/api/cubes/{name}`` answers.

        Raises:
            CubeNotFound: There is none of this name.
        """
        from atomlite.search.cubes.answering import described  # noqa: PLC0415 -- see `__init__`

        return described(self._cubes[name].model)

    def answer_cube(self, name: str, request: Request) -> Response:
        """Return what ``POST /api/cubes/{name}/query`` answers.

        Raises:
            CubeNotFound: There is none of this name.
            AtomliteError: As `Cube.query`.
        """
        from atomlite.search.cubes.answering import answered  # noqa: PLC0415 -- see `__init__`

        return answered(request, self._cubes[name].model, self._cubes.runner)

    def __repr__(self) -> str:
        """Return the address and the number of tables, or that it is closed."""
        if self._ended.is_set():
            return f"<Session at {self.url}, closed>"
        return f"<Session at {self.url}>"
