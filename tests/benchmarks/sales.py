"""Sales of shops for the benchmarks of cubes: text levels, a star, the same for every run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CITIES, COUNTRIES, CATEGORIES, MONTHS = 2_000, 40, 50, 50
PRODUCTS, BRANDS = 5_000, 200
_PART = 10_000_000
_FIRST_MONTH = np.datetime64("2022-01", "M")


def sales(rows: int) -> pa.Table:
    """Return sales by country, city, category and month, some 100,000 cells of each three."""
    random = np.random.default_rng(7)
    city = random.integers(0, CITIES, rows, dtype="int32")
    month = _FIRST_MONTH + random.integers(0, MONTHS, rows)
    columns: dict[str, Any] = {
        "country": texts(city // (CITIES // COUNTRIES), "Country", COUNTRIES),
        "city": texts(city, "City", CITIES),
        "category": texts(random.integers(0, CATEGORIES, rows), "Category", CATEGORIES),
        "month": pa.array(month.astype("datetime64[D]")),
        "quantity": random.integers(1, 100, rows),
        "price": np.round(random.random(rows) * 100, 2),
    }
    return pa.table(columns)


def parts_of_sales(rows: int) -> Iterator[pa.Table]:
    """Return as many sales in parts that fit into memory."""
    part = sales(min(rows, _PART))
    for start in range(0, rows, _PART):
        yield part.slice(0, min(_PART, rows - start))


def star(rows: int) -> tuple[pa.Table, pa.Table]:
    """Return sales of products with what each product's brand is, and the products.

    ``product`` always finds its product; of ``loose``, 5 % are of products that do not exist and
    3 % null. ``brand`` and ``loose_brand`` are what a join would find; ``sku`` and ``loose_sku``
    are the same keys as text.
    """
    random = np.random.default_rng(11)
    product = random.integers(0, PRODUCTS, rows, dtype="int32")
    chance = random.random(rows)
    missing, none = chance < 0.05, chance > 0.97
    brands = random.integers(0, BRANDS, PRODUCTS, dtype="int32")
    loose = pa.array(np.where(missing, product + PRODUCTS, product), mask=none)
    columns: dict[str, Any] = {
        "country": texts(random.integers(0, COUNTRIES, rows), "Country", COUNTRIES),
        "product": product,
        "loose": loose,
        "sku": texts(product, "SKU", PRODUCTS),
        "loose_sku": texts(loose, "SKU", 2 * PRODUCTS),
        "brand": texts(brands[product], "Brand", BRANDS),
        "loose_brand": texts(pa.array(brands[product], mask=missing | none), "Brand", BRANDS),
        "quantity": random.integers(1, 100, rows),
        "price": np.round(random.random(rows) * 100, 2),
    }
    products: dict[str, Any] = {
        "product": np.arange(PRODUCTS, dtype="int32"),
        "sku": texts(np.arange(PRODUCTS), "SKU", PRODUCTS),
        "brand": texts(brands, "Brand", BRANDS),
    }
    return pa.table(columns), pa.table(products)


def texts(numbers: npt.NDArray[Any] | pa.Array[Any], word: str, count: int) -> pa.Array[Any]:
    """Return a word with a number for each number; null stays null."""
    found = numbers if isinstance(numbers, pa.Array) else pa.array(numbers)
    indexes = found.cast(pa.int32())
    words = pa.array([f"{word} {number}" for number in range(count)])
    return pa.DictionaryArray.from_arrays(indexes, words).cast(pa.string())
