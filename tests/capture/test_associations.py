# SPDX-License-Identifier: GPL-2.0-only
"""Both sights of an association are one."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.tunnels import SeenMessage, TunneledAssociation
from perc_scapy.crypto import Key, MasterKey
from perc_scapy.dtls.record import Record
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls
from tests.capture.handmade import KMF, MDD_MEDIA, PROFILE, HandmadeConference, k, three_flows


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.mark.req("T00-EP-01", "T00-KMF-14", "R8871-31")
def test_link_and_tunnel_are_put_together(talk: HandmadeConference) -> None:
    associations = Analysis(talk.trace, talk.keylog()).associations
    assert len(associations) == 3
    for association, person in zip(associations, talk.people.values(), strict=True):
        assert (association.endpoint, association.mdd) == (person.address, MDD_MEDIA)
        assert association.carrier.association_id == person.association_id
        assert association.srtp_profile == PROFILE
        assert association.exported() == person.keys
        assert association.hop_keys() == person.keys.outer()
        assert [k.parameters for k in association.ekt_keys()] == person.parameters


def test_the_endpoints_link_alone_is_enough(talk: HandmadeConference) -> None:
    link = [d for d in talk.trace if KMF not in (d.src, d.dst)]
    associations = Analysis(link, talk.keylog()).associations
    assert [a.exported() for a in associations] == [p.keys for p in talk.people.values()]
    assert all(a.tunneled is None and a.conference_id is None for a in associations)


def test_the_tunnel_alone_is_enough(talk: HandmadeConference) -> None:
    tunnel = [d for d in talk.trace if KMF in (d.src, d.dst)]
    associations = Analysis(tunnel, talk.keylog()).associations
    assert [a.exported() for a in associations] == [p.keys for p in talk.people.values()]
    assert all(a.direct is None and a.endpoint is None for a in associations)


@pytest.mark.req("T00-MDD-08")
def test_hop_keys_are_known_from_the_tunnel_when_the_endpoints_secret_is_not(
    talk: HandmadeConference,
) -> None:
    keylog = KeyLog()
    keylog.add_text(talk.lines[0].encode())
    for association, person in zip(
        Analysis(talk.trace, keylog).associations, talk.people.values(), strict=True
    ):
        assert association.exported() is None
        assert association.hop_keys() == person.keys.outer()


def test_without_anything_there_are_no_keys() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    for association in Analysis(talk.trace, KeyLog()).associations:
        assert association.hop_keys() is None
        assert association.ekt_keys() == []


def test_each_of_several_handshakes_under_one_id_has_the_keys_told_with_it() -> None:
    """The KMF tells keys with its Finished, so in a packet that carries records of that very handshake."""

    def told(packet: int, octet: int) -> SeenMessage:
        keys = HopKeys(PROFILE, *(MasterKey(Key(bytes([octet]) * 16), Key(bytes(12))),) * 2)
        return SeenMessage(packet, 0.0, "kmf", TunneledDtls(b"a" * 16, b"", None, None, keys))

    carrier = TunneledAssociation(b"a" * 16)
    carrier.messages = [told(5, 1), told(10, 2)]
    found = []
    for packet in (5, 10, 99):
        session = DtlsSession("endpoint", bytes(32))
        session.records = [SeenRecord(packet, 0.0, "kmf", Record(22, 0xFEFD, 0, b""))]
        association = Association(bytes(32), tunneled=session, carrier=carrier)
        found.append(association.hop_keys().client.key[0])
    assert found == [1, 2, 1]


@pytest.mark.req("R8871-26")
def test_keys_told_again_are_the_next_handshakes(talk: HandmadeConference) -> None:
    """With the tunnel's secret alone: a second message with other keys; a repeated one says nothing new."""
    keylog = KeyLog()
    keylog.add_text(talk.lines[0].encode())
    association = Analysis(talk.trace, keylog).associations[0]
    (first,) = association.all_hop_keys()
    assert first.keys == association.hop_keys()
    assert (first.profile, first.full) == (PROFILE, None)
    again = next(association.key_messages())
    old = again.message.keys
    fresh = old._replace(client=old.server, server=old.client)
    later = again._replace(packet=900, message=again.message._replace(keys=fresh))
    association.carrier.messages += [again._replace(packet=800), later]
    found = association.all_hop_keys()
    assert [keys.packet for keys in found] == [association.first_packet, 900]
    assert found[1].keys.client == old.server


def test_keys_of_the_key_log_come_with_all_that_was_exported(talk: HandmadeConference) -> None:
    association = Analysis(talk.trace, talk.keylog()).associations[0]
    (keys,) = association.all_hop_keys()
    assert keys.full == association.exported()
    assert keys.keys == association.hop_keys()
    assert association.first_packet < keys.packet
