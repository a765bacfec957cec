# SPDX-License-Identifier: GPL-2.0-only
"""Golden captures as seeds."""

from __future__ import annotations

from soak.seeds import CAPTURES, seeds


def test_by_name_with_packets_and_keys() -> None:
    (one,) = seeds({"session-setup-1"})
    assert one.name == "session-setup-1"
    assert one.file == (CAPTURES / one.name / "trace.pcapng").read_bytes()
    assert len(one.packets) > 20
    assert [path.name for path in one.key_files] == ["secrets.keylog"]
    assert len(one.keys()) > 1
    assert seeds({"no such capture"}) == []


def test_each_ring_is_its_own() -> None:
    (one,) = seeds({"session-setup-1"})
    first = one.keys()
    first.keylog.add_text(b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48)
    assert len(one.keys()) == len(first) - 1


def test_stated_keys_are_taken_and_pcap_files_too() -> None:
    stated, old = seeds({"stated-keys", "pcap-big-endian"})[::-1]
    assert stated.keys().statements
    assert old.packets
    assert [s.name for s in (old, stated)] == ["pcap-big-endian", "stated-keys"]
