# SPDX-License-Identifier: GPL-2.0-only
"""Records are handed over once; engine counters are added under their own prefix."""

from __future__ import annotations

from perc_scapy.roles.kmf.events import Refusal
from perc_scapy.roles.kmf.output import KmfOutput


def test_records_are_taken_once() -> None:
    output = KmfOutput()
    output.records.append(("t", b"x"))
    assert output.take_records() == [("t", b"x")]
    assert output.take_records() == []


def test_counts_of_both_kinds_add_up() -> None:
    output = KmfOutput()
    output.count(Refusal.MALFORMED)
    output.count(Refusal.MALFORMED)
    output.count_engine({"record_replayed": 2})
    output.count_engine({"record_replayed": 1})
    assert output.counters == {"malformed": 2, "dtls_record_replayed": 3}
