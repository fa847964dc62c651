"""datap-rs over one Parquet file held in memory, with DataFusion; runs where datap-rs is.

``python -m tests.benchmarks.datap_server orders.parquet`` prints its address before it answers.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from datap_rs.datapress import DataPress, DataPressConfig, DatasetConfig


async def serve(source: str) -> None:
    """Serve until the process is stopped; it binds the port itself, so a free one is sought."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = Path(source).stem
    dataset = DatasetConfig(name=name, source=source, format="parquet", mode="auto")
    settings = DataPressConfig(backend="datafusion", listen="127.0.0.1", port=port)
    print(f"http://127.0.0.1:{port}/api/v1/datasets/{name}", flush=True)
    await DataPress(settings, datasets=[dataset]).run()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
