# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes that fail say why, judged on recorded captures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.codes import HandshakeType
from perc_scapy.explain.cause import Cause
from perc_scapy.explain.handshake import _goes_on, complete, cookie_loop, explain_association
from tests.explain.forge import conference, keylog, recorded, sealed


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


def causes_without(gone: set[int], name: str = "session-setup-2") -> list[Cause]:
    packets, text = recorded(name)
    cut = Analysis([p for p in packets if p.number not in gone], keylog(text))
    return [c for a in cut.associations for c in explain_association(a)]


def test_one_direction_alone_is_no_silence() -> None:
    packets, text = recorded("session-setup-2")
    a = conference("session-setup-2").associations[0]
    mine = Analysis([p for p in packets if p.src == a.endpoint], keylog(text))
    (cause,) = explain_association(mine.associations[0])
    assert (cause.kind, cause.text[:20]) == ("missing", "the client goes on, ")


def test_what_the_capture_lost_is_nobodys_fault() -> None:
    a = conference("session-setup-2").associations[0]
    given = {k.packet for s in a.sessions for k in s.ekt_keys()}
    acks = {s.acknowledgement(k.message).packet for s in a.sessions for k in s.ekt_keys()}
    for gone, words in (
        (given, "no ekt_key message came"),
        (acks, "never acknowledged"),
        (given | acks, "no ekt_key message came"),
    ):
        (cause,) = causes_without(gone)
        assert words in cause.text
        assert cause.kind == "missing"


def test_an_ekt_key_sent_again_and_again_was_not_acknowledged() -> None:
    (cause,) = causes_without(set(), "violation-ekt-key-unacknowledged")
    assert (cause.kind, "never acknowledged" in cause.text) == ("found", True)


def test_of_dtls_1_3_nothing_is_guessed() -> None:
    """All but its hellos is encrypted: that no more is seen does not mean that it stopped there."""
    analysis = Analysis(sealed("webrtc-dtls13"))
    assert [explain_association(a) for a in analysis.associations] == [[]]
    assert any("DTLS 1.3: not decrypted" in note.text for note in analysis.notes)


@pytest.mark.parametrize(
    ("asked", "hello", "told"), [(1, None, False), (2, None, True), (2, "accepted", False)]
)
def test_cookies_asked_for_again_and_again(asked: int, hello: object, told: bool) -> None:
    session = SimpleNamespace(
        all=lambda kind, from_client: [
            "asked" for _ in range(asked)
            if (kind, from_client) == (HandshakeType.HELLO_VERIFY_REQUEST, False)
        ],
        server_hello=hello,
    )  # fmt: skip
    texts = [cause.text for cause in cookie_loop(SimpleNamespace(), session)]
    assert texts == ["2 cookies were asked for and none was accepted"] * told


def side(*records: tuple[int, int, int, bytes | None]) -> SimpleNamespace:
    """(epoch, number, packet, content) of each record of the server."""
    return SimpleNamespace(
        client="client",
        records=[
            SimpleNamespace(
                record=SimpleNamespace(epoch=e, number=e << 48 | n), packet=p, content=c, sender="server"
            )
            for e, n, p, c in records
        ],
    )  # fmt: skip


OPENED = ((1, 0, 5, b"x"), (1, 1, 9, b"y"))


@pytest.mark.parametrize(
    ("records", "seamless"),
    [
        (OPENED, True),
        ((*OPENED, (0, 7, 1, None), (2, 9, 11, None)), True),  # other epochs are not counted
        (((0, 0, 5, b"x"), (0, 1, 9, b"y")), False),
        (((2, 0, 5, b"x"), (2, 1, 9, b"y")), False),
        (((1, 0, 5, b"x"), (1, 2, 9, b"y")), False),  # a hole
        (((1, 0, 5, b"x"), (1, 1, 9, None)), False),  # one stays closed
        (((1, 0, 5, b"x"), (1, 1, 7, b"y")), False),  # nothing behind the packet
    ],
)
def test_absence_is_sure_only_where_no_record_is_missing(records, seamless: bool) -> None:
    assert _goes_on(side(*records), 7, from_client=False) is seamless
    assert not _goes_on(side(*records), 7, from_client=True)
