# SPDX-License-Identifier: GPL-2.0-only
"""Remarks and their order."""

from perc_scapy.view.expert import Expert, worst


def test_a_remark_reads_as_its_text() -> None:
    remark = Expert("warning", "two octets too many")
    assert f"{remark}" == "two octets too many"
    assert remark.to_json() == {"severity": "warning", "text": "two octets too many"}


def test_the_worst_comes_first() -> None:
    remarks = [
        Expert("note", "a"),
        Expert("error", "b"),
        Expert("error", "c"),
        Expert("warning", "d"),
    ]
    assert worst(remarks) == Expert("error", "b")
    assert worst([]) is None
