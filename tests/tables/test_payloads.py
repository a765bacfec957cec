# SPDX-License-Identifier: GPL-2.0-only
"""The first octets of datagrams as columns."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from perc_scapy.tables.payloads import HEAD, KINDS, read_payloads
from perc_scapy.wire import classify
from tests.pcap.many import PAYLOADS
from tests.tables.reference import _inside


def read(payloads: list[bytes]) -> list[dict[str, Any]]:
    data = b"".join(p.ljust(HEAD, b"\xee") for p in payloads)
    sizes = np.array([len(p) for p in payloads], np.int64)
    lengths = np.maximum(sizes, HEAD)
    starts = np.cumsum(lengths) - lengths
    fields = read_payloads(np.frombuffer(data, np.uint8), starts, sizes)
    rows = []
    for row in range(len(payloads)):
        found = {n: v.values[row].item() for n, v in fields.items() if v.valid[row]}
        rows.append(found | {"kind": KINDS[found["kind"]]})
    return rows


def test_every_kind() -> None:
    assert read(PAYLOADS) == [_inside(p) for p in PAYLOADS]


def test_every_first_and_second_octet() -> None:
    payloads = [
        bytes((a, b)) + bytes(range(18)) for a in range(256) for b in (0, 191, 192, 223, 254)
    ]
    assert read(payloads) == [_inside(p) for p in payloads]
    assert [r["kind"] for r in read(payloads)] == [classify(p) for p in payloads]


def test_any_octets_of_any_length() -> None:
    dice = random.Random(3)
    payloads = [dice.randbytes(dice.randrange(24)) for _ in range(3000)]
    assert read(payloads) == [_inside(p) for p in payloads]


def test_rows_without_payload_have_nothing() -> None:
    octets = np.zeros(HEAD, np.uint8)
    fields = read_payloads(octets, np.zeros(1, np.int64), np.array([-1]))
    assert not any(v.valid.any() for v in fields.values())
