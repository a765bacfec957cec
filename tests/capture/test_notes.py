# SPDX-License-Identifier: GPL-2.0-only
"""Notes of an analysis: each once, in the order of the capture."""

from perc_scapy.capture.notes import Note, in_order


def test_order_and_repetition() -> None:
    whole, late, early = Note(None, "note", "z"), Note(9, "error", "b"), Note(2, "warning", "a")
    assert in_order([late, early, late, whole]) == [whole, early, late]


def test_a_note_reads_as_a_sentence() -> None:
    assert str(Note(7, "warning", "cut short")) == "packet 7: cut short"
    assert str(Note(None, "note", "no keys")) == "no keys"
