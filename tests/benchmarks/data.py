"""Tables for the benchmarks: ten columns of mixed types, the same for every run."""

from __future__ import annotations

import numpy as np
import pandas as pd


def mixed_frame(rows: int) -> pd.DataFrame:
    """Return a DataFrame with 3 text, 4 whole, 2 floating and 1 timestamp column, and nulls."""
    random = np.random.default_rng(7)
    small = np.array([f"region {number}" for number in range(12)])
    middle = np.array([f"product {number}" for number in range(5_000)])
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "region": small[random.integers(0, len(small), rows)],
            "product": middle[random.integers(0, len(middle), rows)],
            "channel": np.array(["web", "shop", "phone"])[random.integers(0, 3, rows)],
            "quantity": random.integers(1, 100, rows),
            "customer": random.integers(0, 1_000_000, rows),
            "code": random.permutation(rows),
            "price": random.random(rows) * 100,
            "discount": random.random(rows),
            "moment": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(random.integers(0, 86_400 * 700, rows), unit="s"),
        }
    )
    frame.loc[::10, "discount"] = np.nan
    return frame
