# SPDX-License-Identifier: GPL-2.0-only
"""Who is let in by the KMF's handshake and who is refused, with which alert, before any key exists."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.codes import AlertDescription
from perc_scapy.dtls import ConnectionClosed, EktKeyReceived, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf.events import HandshakeRefused, MemberLeft
from perc_scapy.roles.kmf.states import Step
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.roles.kmf_world import (
    BOARD,
    OTHER,
    TLS_ID,
    Line,
    World,
    conference,
    handshake_types,
    identity,
    kmf_config,
    member,
    records_of,
)


def board(*names: str, kmf: dict[str, Any] | None = None, **changes: Any) -> World:
    world = World(kmf_config(conference(BOARD, *names, **changes), **(kmf or {})))
    world.tunnel()
    world.join("b")
    assert world.states() == {"b": "active"}
    return world


def assert_refused(world: World, line: Line, counter: str, alert: int) -> None:
    """Refused with this alert; no keys to the MDD, no ekt_key to the endpoint, nobody else harmed."""
    closed = line.of(ConnectionClosed)
    assert [(e.alert, e.local) for e in closed] == [(alert, False)]
    assert [(e.reason, e.alert) for e in world.of(HandshakeRefused)] == [(counter, alert)]
    assert world.kmf.counters[counter] == 1
    assert all(m.type == 0 for m in world.sent("kmf", line))
    assert line.of(HandshakeCompleted) == line.of(EktKeyReceived) == []
    assert world.states() == {"b": "active"}
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert world.states() == {"b": "active"}


@pytest.mark.req("R8871-05", "R8871-06", "FW16-02", "T00-KMF-08", "T00-KMF-16")
def test_a_certificate_that_is_not_on_the_list_is_refused() -> None:
    world = board("a", "b")
    line = world.join("stranger")
    assert_refused(world, line, "not_a_member", AlertDescription.ACCESS_DENIED)
    (refused,) = world.of(HandshakeRefused)
    assert refused.fingerprint == identity("stranger").fingerprint


@pytest.mark.req("R8871-05", "T00-KMF-16")
def test_a_member_of_one_conference_is_a_stranger_in_another() -> None:
    boards = (
        conference(BOARD, "a", "b", shared_tunnel=True),
        conference(OTHER, "c", shared_tunnel=True),
    )
    world = World(kmf_config(*boards))
    world.tunnel()
    world.join("b")
    line = world.join("a", conference_id=OTHER)
    assert_refused(world, line, "not_a_member", AlertDescription.ACCESS_DENIED)
    world.join("a", conference_id=BOARD)
    assert world.states()["a"] == "active"


@pytest.mark.req("R8871-05")
def test_an_empty_list_lets_nobody_in() -> None:
    world = World(kmf_config(conference(BOARD)))
    world.tunnel()
    world.join("a")
    assert world.kmf.counters["not_a_member"] == 1
    assert world.states() == {}


@pytest.mark.req("T00-EP-04", "T00-KMF-08")
def test_an_endpoint_without_certificate_is_refused() -> None:
    world = board("a", "b")
    line = world.join("a", dtls={"anonymous": True})
    assert_refused(world, line, "handshake_failed", AlertDescription.HANDSHAKE_FAILURE)


@pytest.mark.req("T00-KMF-08")
def test_a_stolen_certificate_without_its_key_is_refused() -> None:
    """The client shows a's certificate but can sign only with its own key."""
    world = board("a", "b")

    def show_another(kind: int, body: bytes) -> bytes:
        return identity("a").certificate_body if kind == 11 else body

    line = world.join("thief", dtls={"tamper": show_another})
    assert_refused(world, line, "handshake_failed", AlertDescription.DECRYPT_ERROR)


# -- tls-id -------------------------------------------------------------------------------------------------------


@pytest.mark.req("R9185-KD-01", "R9185-KD-02")
@pytest.mark.parametrize(
    "shown", [None, b"x" * 20, TLS_ID.encode() + b"x", TLS_ID[:-1].encode() + b"!"]
)
def test_a_registered_tls_id_must_be_shown(shown: bytes | None) -> None:
    world = board("b", members=(member("a", TLS_ID), member("b")))
    line = world.join("a", dtls={"external_session_id": shown})
    assert_refused(world, line, "tls_id_mismatch", AlertDescription.ILLEGAL_PARAMETER)


@pytest.mark.req("R9185-KD-01", "R9185-KD-03")
def test_the_registered_tls_id_is_accepted_and_the_own_one_returned() -> None:
    own = "kmf-kmf-kmf-kmf-kmf-kmf"
    world = board("b", kmf={"tls_id": own}, members=(member("a", TLS_ID), member("b")))
    line = world.join("a", dtls={"external_session_id": TLS_ID.encode()})
    (done,) = line.of(HandshakeCompleted)
    assert done.external_session_id == own.encode()
    assert world.states()["a"] == "active"


# -- negotiation --------------------------------------------------------------------------------------------------


@pytest.mark.req("T00-KMF-12")
@pytest.mark.parametrize("offered", [(0x000A,), (0x0007, 0x0008), (0x0005, 0x0006), (0x0001,), ()])
def test_an_endpoint_without_the_profile_is_refused(offered: tuple[int, ...]) -> None:
    world = board("a", "b")
    line = world.join("a", dtls={"srtp_profiles": offered})
    assert_refused(world, line, "endpoint_lacks_profile", AlertDescription.HANDSHAKE_FAILURE)
    assert not any(2 in handshake_types(m.content.dtls) for m in world.sent("kmf", line))


@pytest.mark.req("T00-KMF-12", "T00-KMF-14")
@pytest.mark.parametrize("listed", [(0x0007, 0x0008), (0x000A,), (0x0005, 0x0006), (0x1234,)])
def test_a_stripped_list_of_the_mdd_never_leads_to_keys(listed: tuple[int, ...]) -> None:
    world = board("a", "b")
    offered = (0x0009, 0x0007, 0x0008, 0x0001, 0x0005)
    line = world.join("a", profiles=listed, dtls={"srtp_profiles": offered})
    assert_refused(world, line, "mdd_lacks_profile", AlertDescription.HANDSHAKE_FAILURE)


@pytest.mark.req("EKT-24", "EKT-05")
@pytest.mark.parametrize("ciphers", [(), (2,)])
def test_an_endpoint_without_the_ekt_cipher_is_refused(ciphers: tuple[int, ...]) -> None:
    world = board("a", "b")
    line = world.join("a", dtls={"ekt_ciphers": ciphers})
    assert_refused(world, line, "endpoint_lacks_ekt", AlertDescription.HANDSHAKE_FAILURE)


@pytest.mark.req("EKT-24")
def test_a_plain_conference_negotiates_no_ekt_even_when_it_is_offered() -> None:
    world = World(kmf_config(conference(BOARD, "a", profile=7, hbh_only=True)))
    world.tunnel()
    line = world.join("a", profiles=(7,), dtls={"srtp_profiles": (9, 7), "ekt_ciphers": (1,)})
    (done,) = line.of(HandshakeCompleted)
    assert (done.srtp_profile, done.ekt_cipher) == (7, None)
    assert line.of(EktKeyReceived) == []
    (keys,) = [m.content.keys for m in world.sent("kmf") if m.type == 2]
    material = line.peer.export(b"EXTRACTOR-dtls_srtp", 56)
    assert keys is not None
    assert bytes(keys.client.key) + bytes(keys.server.key) == material[:32]
    assert bytes(keys.client.salt) + bytes(keys.server.salt) == material[32:]


# -- a stock endpoint -----------------------------------------------------------------------------------------------


class Stock:
    """pyOpenSSL with the verbs that `World` uses; it retransmits nothing by itself here."""

    def __init__(self, name: str, srtp: bytes) -> None:
        self.peer = OpenSslPeer(context(identity(name), srtp=srtp), server=False)
        self.peer.start(0.0)

    def datagrams_to_send(self, now: float) -> list[bytes]:
        return self.peer.datagrams_to_send(now)

    def receive_datagram(self, data: bytes, now: float) -> None:
        self.peer.receive_datagram(data, now)

    def next_event(self) -> None:
        return None

    def get_timer(self) -> None:
        return None

    def handle_timer(self, now: float) -> None:
        """OpenSSL's timers read the real clock."""


@pytest.mark.req("SLD-OBJ-01", "T00-KMF-06", "T00-EP-01")
def test_a_stock_openssl_endpoint_joins_a_plain_conference() -> None:
    world = World(kmf_config(conference(BOARD, "a", profile=7, hbh_only=True)))
    world.tunnel()
    stock = Stock("a", b"SRTP_AEAD_AES_128_GCM")
    world.add("a", stock, profiles=(7, 8))
    world.run()
    assert world.states() == {"a": "keyed"}
    (keys,) = [m.content.keys for m in world.sent("kmf") if m.type == 2]
    material = stock.peer.export(b"EXTRACTOR-dtls_srtp", 56)
    assert keys is not None
    assert bytes(keys.client.key) + bytes(keys.server.key) == material[:32]


@pytest.mark.req("EKT-24", "SLD-OBJ-01")
def test_a_stock_openssl_endpoint_with_double_but_without_ekt_is_refused() -> None:
    world = board("a", "b")
    stock = Stock("a", b"SRTP_DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM")
    world.add("a", stock)
    world.run()
    assert world.kmf.counters["endpoint_lacks_ekt"] == 1
    assert "handshake failure" in str(stock.peer.error)
    assert world.states() == {"b": "active"}


# -- the ends -----------------------------------------------------------------------------------------------------


def test_application_data_is_counted_and_ignored() -> None:
    world = board("a", "b")
    line = world.join("a")
    line.peer.send_application(b"hello?")
    world.run()
    assert world.kmf.counters["unexpected_data"] == 1
    assert world.states()["a"] == "active"


@pytest.mark.req("R8871-24")
def test_close_notify_ends_a_membership() -> None:
    world = board("a", "b")
    line = world.join("a")
    line.peer.close(world.now)
    world.run()
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "closed")]
    assert world.states() == {"b": "active"}
    assert world.kmf.hop_keys("t1", line.association_id) is None


@pytest.mark.req("T00-KMF-18")
@pytest.mark.parametrize("alert", [0, 80])
def test_an_end_in_the_same_datagram_as_the_finished(alert: int) -> None:
    world = board("a", "b")
    line = world.client("a")
    whole: list[bytes] = []

    def join_them(line: Line) -> list[bytes]:
        datagrams = World.outgoing(world, line)
        if line.name == "a" and datagrams and handshake_types(datagrams[0])[:1] == [11]:
            line.peer.close(world.now, alert)
            whole.append(b"".join([*datagrams, *World.outgoing(world, line)]))
            return whole
        return datagrams

    world.outgoing = join_them  # type: ignore[method-assign]
    world.run()
    assert records_of(whole[0])[-1][:2] == (21, 1)
    assert world.kmf.counters["handshake_failed"] == 1
    assert world.states() == {"b": "active"}
    assert all(m.type == 0 for m in world.sent("kmf", line))


@pytest.mark.req("T00-KMF-18")
def test_a_member_whose_message_numbers_are_used_up_has_to_come_again() -> None:
    world = board("a", "b")
    line = world.join("a")
    world.kmf._tunnels["t1"].associations[line.association_id].current.server._out.sequence = 65536
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "exhausted")]
    assert world.states() == {"b": "active"}
    world.join("a")
    assert world.states() == {"b": "active", "a": "active"}


@pytest.mark.req("DTL-05")
def test_renegotiation_is_refused_and_the_association_goes_on() -> None:
    world = board("a", "b")
    line = world.join("a")
    hello = b"\x01\x00\x00\x29\x00\x05\x00\x00\x00\x00\x00\x29" + bytes(41)
    line.peer._out.send(22, hello)
    world.run()
    assert world.kmf.counters["dtls_renegotiation_refused"] == 1
    assert world.states()["a"] == "active"
    assert line.peer.counters["alert_warning"] == 1


def test_a_step_that_the_table_lacks_is_a_local_error() -> None:
    world = board("a", "b")
    (status,) = world.kmf.members(BOARD)
    session = world.kmf._tunnels["t1"].associations[status.association_id].current
    assert session is not None
    with pytest.raises(LocalError, match="active"):
        session._step(Step.COMPLETED)
