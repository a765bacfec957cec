# SPDX-License-Identifier: GPL-2.0-only
"""A capture that was shared without its keys lacks the keys, not the messages."""

from __future__ import annotations

import io

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.explain.handshake import explain_association
from perc_scapy.keys.share import shared, write_shared
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import CaptureReader
from tests.explain.forge import conference


def read_again(name: str, *, keys: bool) -> Analysis:
    stream = io.BytesIO()
    write_shared(stream, shared(conference(name), keys=keys))
    stream.seek(0)
    return Analysis(list(payloads(CaptureReader(stream))), KeyLog())


@pytest.mark.parametrize("name", ["session-setup-2", "fragmented-handshake"])
def test_keys_blotted_out_are_told_as_such(name: str) -> None:
    analysis = read_again(name, keys=False)
    assert analysis.associations
    for association in analysis.associations:
        (cause,) = explain_association(association)
        assert cause.kind == "missing"
        assert cause.text.endswith("a shared capture, its keys are blotted out")


def test_with_its_keys_it_needs_no_explanation() -> None:
    analysis = read_again("session-setup-2", keys=True)
    assert [explain_association(a) for a in analysis.associations] == [[], []]


def test_zeros_that_an_end_sent_are_its_fault() -> None:
    analysis = read_again("session-setup-2", keys=False)
    session = analysis.associations[0].sessions[0]
    session.as_sent = True
    (cause,) = explain_association(analysis.associations[0])
    assert (cause.kind, cause.text.endswith("in the place of the key")) == ("found", True)
