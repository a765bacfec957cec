# SPDX-License-Identifier: GPL-2.0-only
"""One table of one capture as a data frame of pandas, of polars, or as an Arrow table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.tables.extras import need


def to_arrow(
    path: str | Path,
    keys: Keyring | KeyLog | None = None,
    table: str = "packets",
    columns: Iterable[str] | None = None,
) -> Any:
    """A `pyarrow.Table`: `packets`, `associations`, `streams`, `findings` or `errors`; `columns` of it.

    Raises `ConfigError` for what is no capture, `LocalError` for a table or column that there is not,
    `MissingToolError` without pyarrow.
    """
    need("pyarrow")
    from perc_scapy.tables.capture import CaptureTables

    return CaptureTables(path, keys).table(table, columns)


def to_pandas(
    path: str | Path,
    keys: Keyring | KeyLog | None = None,
    table: str = "packets",
    columns: Iterable[str] | None = None,
) -> Any:
    """A `pandas.DataFrame`; integers stay integers where values are missing. Raises as `to_arrow` does."""
    pandas = need("pandas")
    arrow = to_arrow(path, keys, table, columns)
    return arrow.to_pandas(types_mapper=_nullable(need("pyarrow"), pandas).get)


def to_polars(
    path: str | Path,
    keys: Keyring | KeyLog | None = None,
    table: str = "packets",
    columns: Iterable[str] | None = None,
) -> Any:
    """A `polars.DataFrame`. Raises as `to_arrow` does."""
    polars = need("polars")
    return polars.from_arrow(to_arrow(path, keys, table, columns))


def _nullable(pa: Any, pandas: Any) -> dict[Any, Any]:
    names = ("UInt8", "UInt16", "UInt32", "UInt64", "Int64")
    types = {getattr(pa, name.lower())(): getattr(pandas, f"{name}Dtype")() for name in names}
    return types | {pa.bool_(): pandas.BooleanDtype()}
