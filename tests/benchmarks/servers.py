"""The servers that are compared, each in a process of its own.

``python -m tests.benchmarks.servers ours|tornado|fastapi`` prints the path to ask for.
All answer the same JSON with the same number of rows.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence

PATH = "/proxy/tables/Quantity/count"
COUNT = 2


def ours() -> None:
    """Serve the seed's GET count: authorization, callback and spans recorded."""
    import pandas as pd

    import atomlite as al

    session = al.Session.start()
    frame = pd.DataFrame({"Day": range(COUNT), "Quantity": range(COUNT)})
    session.read_pandas(frame, keys={"Day"}, table_name="Quantity")

    @session.endpoint("tables/{table_name}/count", method="GET")
    def count(request: al.Request, user: al.User, session: al.Session, /) -> int:
        return session.tables[str(request.path_parameters["table_name"])].row_count

    print(session.url + PATH, flush=True)
    session.wait()


def tornado() -> None:
    """Serve the same number from a bare `RequestHandler`."""
    from tornado.netutil import bind_sockets
    from tornado.web import Application, RequestHandler

    class Count(RequestHandler):
        def get(self, table: str) -> None:
            self.set_header("Content-Type", "application/json")
            self.write(str(COUNT))

    async def serve() -> None:
        application = Application([(r"/proxy/tables/([^/]+)/count", Count)])
        sockets = bind_sockets(0, "127.0.0.1")
        from tornado.httpserver import HTTPServer

        HTTPServer(application).add_sockets(sockets)
        print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}{PATH}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


def fastapi() -> None:
    """Serve the same number from a sync function of FastAPI, with three SDK spans a request."""
    import socket

    import uvicorn
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("benchmark")
    app = FastAPI()

    @app.get("/proxy/tables/{table}/count")
    def count(table: str) -> int:
        with (
            tracer.start_as_current_span("GET"),
            tracer.start_as_current_span("authorize"),
            tracer.start_as_current_span("callback"),
        ):
            return COUNT

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}", flush=True)
    config = uvicorn.Config(app, log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    threading.current_thread().name = sys.argv[1]
    {"ours": ours, "tornado": tornado, "fastapi": fastapi}[sys.argv[1]]()
