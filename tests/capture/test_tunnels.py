# SPDX-License-Identifier: GPL-2.0-only
"""Two nested associations in one capture, told apart and opened."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.tunnels import ENDPOINT, find_tunnels
from perc_scapy.codes import HandshakeType
from tests.capture.conversations import observed, recorded
from tests.capture.handmade import CONFERENCE, HandmadeConference, k, three_flows


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.mark.req("SLD-OBJ-02", "SLD-OBJ-03", "T00-TUN-07", "T00-TUN-06", "T00-MDD-04")
def test_every_association_inside_the_tunnel(talk: HandmadeConference) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    assert tunnel.version == "draft00"
    assert all(seen.message is not None for seen in tunnel.messages)
    assert list(tunnel.associations) == [p.association_id for p in talk.people.values()]
    for association in tunnel.associations.values():
        assert association.conference_id == CONFERENCE
        (session,) = association.flow.sessions
        assert session.client == ENDPOINT
        assert session.first(HandshakeType.FINISHED, True) is not None
        assert session.first(HandshakeType.FINISHED, False) is not None


@pytest.mark.req("T00-MDD-05", "T00-MDD-06", "T00-KMF-09", "T00-KMF-10", "SLD-OBJ-05", "SLD-OBJ-07")
def test_which_messages_have_profiles_and_which_have_keys(talk: HandmadeConference) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    for association in tunnel.associations.values():
        messages = [seen.message for seen in association.messages]
        assert messages[0].profiles == (9,)
        assert [m.profiles for m in messages[1:]] == [None] * (len(messages) - 1)
        assert sum(m.keys is not None for m in messages) == 1


@pytest.mark.req("T00-MDD-11")
def test_without_the_tunnels_secret_there_is_no_tunnel_to_see(talk: HandmadeConference) -> None:
    analysis = Analysis(talk.trace, KeyLog())
    assert analysis.tunnels == []
    assert len(analysis.associations) == 4


def test_with_the_tunnels_secret_alone_the_inside_stays_sealed(talk: HandmadeConference) -> None:
    keylog = KeyLog()
    keylog.add_text(talk.lines[0].encode())
    (tunnel,) = Analysis(talk.trace, keylog).tunnels
    for association in tunnel.associations.values():
        (session,) = association.flow.sessions
        assert session.ekt_keys() == []
        assert session.first(HandshakeType.SERVER_HELLO, False) is not None


def test_messages_that_must_have_no_effect_are_told() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.mdd.send_application(b"\x02\x00 not a version we know" + bytes(20))
    for data in talk.mdd.datagrams_to_send(talk.now):
        talk.seen(talk.trace[0].src, talk.trace[0].dst, data)
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    (bad,) = [seen for seen in tunnel.messages if seen.message is None]
    assert bad.packet == len(talk.trace)
    assert "version" in bad.fault


def test_other_application_data_is_no_tunnel() -> None:
    talk = recorded()
    assert find_tunnels(observed(talk.log, talk.keylog).sessions, talk.keylog) == []
