# SPDX-License-Identifier: GPL-2.0-only
"""Arrow arrays made of the octets of numpy arrays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from perc_scapy.pcap.fast import NO_TIME
from perc_scapy.tables.arrays import column, constant, named, numbers, strings, times
from perc_scapy.tables.payloads import Values


@pytest.mark.parametrize(
    "kind",
    [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.int64(), pa.float64(), pa.bool_()],
)
def test_numbers(kind: pa.DataType) -> None:
    values = np.arange(19) % 2
    valid = np.arange(19) % 3 > 0
    expected = [bool(v) if kind == pa.bool_() else int(v) for v in values]
    assert numbers(values, kind).to_pylist() == expected
    some = numbers(values, kind, valid)
    assert some.to_pylist() == [v if ok else None for v, ok in zip(expected, valid, strict=True)]
    some.validate(full=True)
    assert some.null_count == 7
    assert numbers(values, kind, np.ones(19, bool)).null_count == 0
    assert numbers(values, kind, np.zeros(19, bool)).null_count == 19


def test_strided_and_big_endian_values() -> None:
    table = np.array([(1, 2), (3, 4)], np.dtype([("a", ">u2"), ("b", ">u4")]))
    both = Values(table["b"], np.array([True, True]))
    assert column(both, pa.uint32()).to_pylist() == [2, 4]


def test_times() -> None:
    found = times(np.array([0, 1_000_000_001, NO_TIME], np.int64))
    assert found.type == pa.timestamp("ns")
    assert found.cast(pa.int64()).to_pylist() == [0, 1_000_000_001, None]


def test_names() -> None:
    assert named(np.array([1, -1, 0]), ["a", "ü"]).to_pylist() == ["ü", None, "a"]
    assert constant("x", 2).to_pylist() == ["x", "x"]
    assert constant("x", 0).to_pylist() == []
    assert strings([]).to_pylist() == []
    strings(["a", "", "\ud800"]).validate(full=True)


def test_pandas_is_not_loaded() -> None:
    code = (
        "import sys, numpy as np, perc_scapy.tables.arrays as a; import pyarrow as pa;"
        "a.constant('x', 3), a.numbers(np.arange(3), pa.uint8()), a.times(np.arange(3));"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
