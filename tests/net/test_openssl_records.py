# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from perc_scapy.net.openssl_records import pack, plain_alert, records


def record(kind: int, size: int, epoch: int = 0) -> bytes:
    return (
        bytes((kind, 0xFE, 0xFD)) + epoch.to_bytes(2, "big") + bytes(6) + size.to_bytes(2, "big")
        + bytes(size)
    )  # fmt: skip


def test_a_chain_is_cut_at_its_headers():
    parts = [record(22, 5), record(20, 1), record(22, 48, 1)]
    assert list(records(b"".join(parts))) == parts


def test_what_is_no_record_is_kept_and_ends():
    assert list(records(record(22, 1) + b"\x16\xfe")) == [record(22, 1), b"\x16\xfe"]


def test_flights_are_packed_up_to_the_mtu_and_never_split_a_record():
    sizes = [500, 500, 500, 1500, 10]
    chain = [record(22, size) for size in sizes]
    assert pack(b"".join(chain), 1200) == [chain[0] + chain[1], chain[2], chain[3], chain[4]]


def test_application_data_travels_alone():
    chain = [record(22, 5), record(23, 5), record(23, 5), record(22, 5)]
    assert pack(b"".join(chain), 1200) == chain


def test_a_plain_alert_is_read_and_an_encrypted_one_is_not():
    alert = record(21, 0)[:11] + b"\0\2\2\x30"
    assert plain_alert(record(22, 3) + alert) == 48
    assert plain_alert(alert[:3] + b"\0\1" + alert[5:]) is None
    assert plain_alert(record(22, 3)) is None
