# SPDX-License-Identifier: GPL-2.0-only
"""Finished fits every good handshake, and none in which a message was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.finished import mismatches
from perc_scapy.explain.handshake import explain_association
from tests.explain.forge import association, conference, keylog, recorded


@pytest.mark.parametrize(
    "name", ["session-setup-2", "new-user-joins-aes256", "loss", "fragmented-handshake"]
)
def test_good_handshakes(name: str) -> None:
    for a in conference(name).associations:
        for session in a.sessions:
            assert mismatches(session) == []


def test_a_changed_hello() -> None:
    packets, text = recorded("session-setup-2")
    a = association()
    hello = next(m for m in reversed(a.direct.messages) if m.type == 1)
    # The last octet of the last extension: a value that nobody's keys depend on.
    changed = [
        replace(p, data=p.data[:-1] + bytes((p.data[-1] ^ 1,))) if p.number == hello.packet else p
        for p in packets
    ]
    analysis = Analysis(changed, keylog(text))
    bad = mismatches(analysis.associations[0].direct)
    assert {m.from_client for m in bad} == {True, False}
    told = [c.text for c in explain_association(analysis.associations[0])]
    assert any("does not fit the handshake seen on the endpoint's link" in t for t in told)
    assert any("client_hello differs between the links" in t for t in told)
