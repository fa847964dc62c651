"""Our side of the searches, in a process of its own.

``python -m tests.benchmarks.search_server people|orders CACHE_BYTES [LAST_NAMES]`` prints its
address.
"""

from __future__ import annotations

import sys

import atomlite as al
from tests.benchmarks.orders import orders
from tests.benchmarks.pages import ORDER_COLUMNS
from tests.benchmarks.people import LAST_NAMES, people


def serve(kind: str, cache_bytes: str, last_names: str = str(LAST_NAMES)) -> None:
    """Serve a table as AdvancedSearch, and the people as DbGrid too, until the process stops."""
    limits = al.Limits(cache_bytes=int(cache_bytes))
    session = al.Session.start(al.SessionConfig(limits=limits))
    if kind == "people":
        table = session.read_arrow(
            people(last_names=int(last_names)), table_name="people", keys={"id"}
        )
        session.mount(al.DbGrid(table=table, url="grid", search_fields=["name"]))
    else:
        table = session.read_arrow(orders(), table_name="orders", keys={"o_orderkey"})
    mount(session, table, kind)
    print(f"{session.url}/proxy/{kind}", flush=True)
    session.wait()


def mount(session: al.Session, table: al.Table, url: str) -> al.AdvancedSearch:
    """Mount a search; of the orders it shows the five columns that the other one is asked for."""
    columns = [*ORDER_COLUMNS] if url == "orders" else [*table.schema.names]
    return session.mount(
        al.AdvancedSearch(
            table=table,
            url=url,
            readable_column_names=columns,
            searchable_column_names=columns,
            sortable_column_names=columns,
            default_sort_column_name=columns[0],
        )
    )


if __name__ == "__main__":
    serve(*sys.argv[1:])
