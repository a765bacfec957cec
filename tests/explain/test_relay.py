# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD changed is told by comparing its two sides, judged on captures with one violation each."""

from __future__ import annotations

import pytest

from perc_scapy.explain.relay import Relays
from perc_scapy.explain.report import explain
from tests.explain.forge import conference


@pytest.mark.req("DBL-11")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("violation-payload-altered", "the MDD altered the payload"),
        ("violation-timestamp-altered", "timestamp"),
        ("violation-ssrc-altered", "became 0bad0bad"),
        ("violation-ohb-sequence", "its OHB gives back SEQ"),
        ("violation-payload-type-hidden", "its OHB gives back PT 101 where the sender had 100"),
        ("violation-ohb-reserved", "reserved bits of the OHB"),
        ("violation-nonce-reuse", "key and nonce are used twice"),
        ("violation-replay-relayed", "relays a packet again"),
        ("violation-epoch-back", "was announced with epoch"),
        ("violation-ssrc-two-senders", "2 endpoints send SSRC"),
        ("violation-ekt-on-rtcp", "a short EKT field ends the packet"),
        ("violation-full-double-key", "inner halves included"),
        ("violation-ekt-key-unacknowledged", "never acknowledged"),
    ],
)
def test_violations_are_named(name: str, words: str) -> None:
    assert words in "\n".join(e.cause.text for e in explain(conference(name)))


def test_a_right_relay_is_not_blamed() -> None:
    relays = Relays(conference("ohb-all"))
    assert relays.sees_any
    assert all(relays.explain(m) is None for m in conference("ohb-all").media if m.kind == "rtp")


def test_media_of_the_mdd_itself() -> None:
    (found,) = [e for e in explain(conference("mdd-media")) if "SSRC" in e.cause.text]
    assert "it is the MDD's own" in found.cause.text
    assert len(found.packets) == 10


def test_only_the_tunnels_secrets() -> None:
    told = "\n".join(e.cause.text for e in explain(conference("tunnel-secrets-only")))
    assert "this is what the MDD sees" in told
