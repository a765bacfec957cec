# SPDX-License-Identifier: GPL-2.0-only
"""Columns of numbers as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from perc_scapy.pcap.fast import NO_TIME
from perc_scapy.tables.extras import need
from perc_scapy.tables.payloads import Values

if TYPE_CHECKING:
    import numpy.typing as npt

    from perc_scapy.pcap.fast_headers import Mask

pa = need("pyarrow")
_NATIVE = {
    kind: np.dtype(str(kind).replace("double", "float64"))
    for kind in (
        pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.int32(), pa.int64(), pa.float64(), pa.bool_(),
    )
}  # fmt: skip


def numbers(values: npt.NDArray[Any], kind: Any, valid: Mask | None = None) -> Any:
    """An array of a `pyarrow` type, null where not `valid`.

    Made of the octets themselves: `pyarrow.array` would load pandas to see whether it was given a Series.
    """
    if valid is not None and valid.all():
        valid = None
    if valid is not None and not valid.any():
        return pa.nulls(len(values), kind)
    native = np.ascontiguousarray(values.astype(_NATIVE[kind], copy=False))
    data = bits(native) if native.dtype == np.bool_ else pa.py_buffer(native)
    return pa.Array.from_buffers(kind, len(values), [None if valid is None else bits(valid), data])


def bits(flags: Mask) -> Any:
    """A buffer with one bit a row, as Arrow keeps validity and truth values."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def column(values: Values, kind: Any) -> Any:
    """An array of a column that says where it has values."""
    return numbers(values.values, kind, values.valid)


def times(nanoseconds: npt.NDArray[np.int64]) -> Any:
    """Points in time; null where 64 bits were not enough."""
    valid = nanoseconds != NO_TIME
    return numbers(nanoseconds, pa.int64(), None if valid.all() else valid).view(pa.timestamp("ns"))


def named(places: npt.NDArray[Any], texts: Sequence[str]) -> Any:
    """A dictionary column: texts by their place in a list, null where the place is below zero."""
    indices = numbers(places, pa.int32(), places >= 0)
    return pa.DictionaryArray.from_arrays(indices, strings(texts))


def strings(texts: Sequence[str]) -> Any:
    """An array of a few texts."""
    packed = [text.encode(errors="replace") for text in texts]
    ends = np.cumsum([0, *map(len, packed)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(packed))]
    return pa.Array.from_buffers(pa.string(), len(packed), buffers)


def constant(text: str, rows: int) -> Any:
    """A dictionary column with one text in all rows."""
    return named(np.zeros(rows, np.int32), [text])
