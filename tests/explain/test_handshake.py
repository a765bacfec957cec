# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes that fail say why, judged on recorded captures."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.handshake import complete, explain_association
from tests.explain.forge import conference, keylog, recorded


def texts(name: str) -> str:
    return "\n".join(c.text for a in conference(name).associations for c in explain_association(a))


@pytest.mark.parametrize("name", ["session-setup-2", "new-user-joins", "loss", "five-members"])
def test_what_went_well_needs_no_explanation(name: str) -> None:
    assert texts(name) == ""
    assert all(complete(a.sessions[0]) for a in conference(name).associations)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong-endpoint-certificate", "certificate"),
        ("wrong-kmf-certificate", "certificate"),
        ("no-common-profile", "alert"),
    ],
)
def test_refusals(name: str, words: str) -> None:
    assert words in texts(name)


def test_a_handshake_cut_short() -> None:
    packets, text = recorded("session-setup-1")
    analysis = conference("session-setup-1")
    hello = analysis.associations[0].sessions[0].messages[0].packet
    cut = Analysis([p for p in packets if p.number <= hello + 3], keylog(text))
    found = [c.text for a in cut.associations for c in explain_association(a)]
    assert found
    assert any("stops after" in t or "no answer" in t or "never shows" in t for t in found)


def test_nobody_answers() -> None:
    packets, text = recorded("session-setup-1")
    a = conference("session-setup-1").associations[0]
    hellos = [p for p in packets if p.src == a.endpoint][:1]
    again = [p.__class__(p.number + 1, p.time + 1.0, p.src, p.dst, p.data) for p in hellos]
    analysis = Analysis([*hellos, *again], keylog(text))
    found = [c.text for x in analysis.associations for c in explain_association(x)]
    assert any("no answer to 2 ClientHellos in 1.0 s" in t for t in found)
