# SPDX-License-Identifier: GPL-2.0-only
"""What an analysis says of itself: whose view it is."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.remarks import MDD_VIEW, SHOWN, association_notes
from tests.capture.handmade import HandmadeConference, k


@pytest.fixture
def talk() -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.say("A", b"x")
    return talk


def of_the_tunnel(talk: HandmadeConference) -> KeyLog:
    """The line of the tunnel alone, as the MDD has it."""
    log = KeyLog()
    log.add_text(talk.lines[0].encode())
    return log


def test_with_the_tunnels_secret_alone_it_says_that_this_is_the_mdds_view(
    talk: HandmadeConference,
) -> None:
    analysis = Analysis(talk.trace, of_the_tunnel(talk))
    assert all(m.opened.hop_opened and m.rtp is None for m in analysis.media)
    assert [str(n) for n in analysis.notes if MDD_VIEW in n.text] == [
        "this is what the MDD sees: hop-by-hop layer only (127.0.0.1:40000); "
        "the endpoints' own DTLS secrets or an EKT key open the rest"
    ]


def test_many_endpoints_are_counted() -> None:
    talk = HandmadeConference()
    for n in range(SHOWN + 2):
        talk.join(chr(ord("A") + n), k(1))
    (note,) = association_notes(Analysis(talk.trace, of_the_tunnel(talk)).associations, Keyring())
    assert "127.0.0.1:40004 and 2 more)" in note.text


def test_with_all_secrets_there_is_nothing_to_say(talk: HandmadeConference) -> None:
    assert not [n for n in Analysis(talk.trace, talk.keylog()).notes if MDD_VIEW in n.text]


def test_a_stated_ekt_key_opens_the_rest(talk: HandmadeConference) -> None:
    ring = Keyring(of_the_tunnel(talk))
    key = k(1)
    table = f"[[ekt]]\nspi={key.spi}\ncipher={key.cipher}\nkey='{key.key.hex()}'\nsalt='{key.salt.hex()}'"
    ring.add_text(table.encode())
    analysis = Analysis(talk.trace, ring)
    assert all(m.rtp is not None for m in analysis.media)
    assert not [n for n in analysis.notes if MDD_VIEW in n.text]
