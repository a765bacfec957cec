# SPDX-License-Identifier: GPL-2.0-only
"""The subject: which parts are closed, what is missing, whether packets are."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.conform.subject import Part, Subject
from tests.capture.handmade import MDD_MEDIA
from tests.conform.stage import Stage, conference, keylog_without
from tests.conform.tls_stage import TlsStage


@pytest.fixture(scope="module")
def stage() -> Stage:
    return conference("AB", 4)


def tunnel_only(stage: Stage) -> KeyLog:
    return keylog_without(stage, "A", "B")


def test_everything_open(stage: Stage) -> None:
    subject = Subject(stage.analysis())
    assert subject.closed == Part.NOTHING
    assert subject.missing == ()
    assert subject.opened > 20
    assert subject.why_not(Part.TUNNEL, "birds") == "the capture shows no birds"


def test_nothing_open(stage: Stage) -> None:
    subject = Subject(Analysis(stage.trace, KeyLog()))
    assert subject.opened == 0
    assert subject.closed & (Part.TUNNEL | Part.INNER | Part.HOP)
    assert subject.why_not(Part.TUNNEL, "birds") == "birds: needs the tunnel's secrets"
    assert "the endpoints' DTLS secrets" in subject.why_not(Part.INNER, "birds")


def test_the_tunnel_open_and_no_more(stage: Stage) -> None:
    subject = Subject(Analysis(stage.trace, tunnel_only(stage)))
    assert subject.closed == Part.INNER | Part.END
    assert subject.why_not(Part.TUNNEL, "birds") == "the capture shows no birds"
    assert "EKT keys" in subject.why_not(Part.HOP | Part.END, "birds")


def test_tunnels_by_version(stage: Stage) -> None:
    old, new = Subject(stage.analysis()), Subject(conference("A", 0, TlsStage()).analysis())
    assert (len(list(old.draft00())), len(list(old.rfc9185()))) == (1, 0)
    assert (len(list(new.draft00())), len(list(new.rfc9185()))) == (0, 1)
    assert (len(list(old.tunneled("draft00"))), len(list(new.tunneled("draft00")))) == (2, 0)
    assert len(list(new.tunneled())) == 1
    assert len(list(old.messages())) == len(old.tunnels[0].messages)


def test_missing_packets_are_noticed_on_every_link(stage: Stage) -> None:
    assert Subject(stage.analysis()).whole
    hidden = []
    for lost in stage.trace[1:]:
        kept = [d for d in stage.trace if d is not lost]
        if Subject(Analysis(kept, stage.keylog())).whole:
            hidden.append(lost)
    # Nothing points to the first or the last packet of a side or of its media; everything between is missed.
    for lost in hidden:
        media = lost.data[0] >= 128
        if media and lost.src == MDD_MEDIA:
            continue  # an MDD need not relay everything
        lane = [
            d
            for d in stage.trace
            if (d.src, d.dst, d.data[0] >= 128) == (lost.src, lost.dst, media)
        ]
        assert lost.number in (lane[0].number, lane[-1].number)


def test_steps_and_people(stage: Stage) -> None:
    subject = Subject(stage.analysis())
    assert [p.letter for p in subject.people] == ["A", "B"]
    assert subject.steps["SS2-16"].packet is not None


def test_media_without_any_handshake(stage: Stage) -> None:
    """Nothing tells that keys of DTLS would open it: none are called missing."""
    media = [d for d in stage.trace if d.data[0] >> 6 == 2]
    subject = Subject(Analysis(media, KeyLog()))
    assert subject.missing == ()
    assert subject.remark.startswith("no DTLS handshake for these addresses")
    assert subject.why_not(Part.HOP, "birds") == f"birds: {subject.remark}"
    assert subject.why_not(Part.TUNNEL, "birds") == "the capture shows no birds"
    for packets in (stage.trace, []):
        assert Subject(Analysis(packets, KeyLog())).remark == ""
