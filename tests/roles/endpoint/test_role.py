# SPDX-License-Identifier: GPL-2.0-only
"""The endpoint: its handshake, its EKT keys, its end."""

from __future__ import annotations

import random
from typing import Any

import pytest

from perc_scapy.codes import AlertDescription, ExtensionType
from perc_scapy.crypto.ekt import EktPlaintext, unwrap
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.dtls.codec import decode_client_hello, decode_fragments
from perc_scapy.errors import CryptoError, LocalError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import (
    EktKeyInstalled,
    EndpointClosed,
    HopKeysReady,
    MediaReady,
    MediaReceived,
    SenderKeyLearned,
    SendingKeyChanged,
    SendingKeyExpired,
)
from perc_scapy.roles.endpoint.role import Endpoint
from perc_scapy.roles.kmf.events import EktKeyDelivered
from perc_scapy.wire import peel_ekt, peel_ohb
from tests.roles.kmf_world import BOARD, TLS_ID, identity, records_of
from tests.roles.media_world import board, direct, ekt_parameters, events_of, exchange, heard, pair

FULL, SHORT = 2, 0


# -- handshake ----------------------------------------------------------------------------------------------------


@pytest.mark.req("T00-EP-05", "T00-EP-02", "EKT-22", "DTL-01", "R8871-08")
def test_the_first_datagram_is_a_client_hello_with_use_srtp_and_ekt() -> None:
    config = EndpointConfig(
        identity("a"), identity("kmf").fingerprint, profiles=(10, 9), tls_id=TLS_ID
    )
    endpoint = Endpoint(config, random=random.Random(1).randbytes)
    assert endpoint.datagrams_to_send(0.0) == []
    endpoint.start(0.0)
    ((datagram, _),) = endpoint.datagrams_to_send(0.0)
    ((_, epoch, fragment),) = records_of(datagram)
    hello = decode_client_hello(decode_fragments(fragment)[0].data)
    assert epoch == 0
    assert hello.extensions[ExtensionType.USE_SRTP].hex() == "0004000a000900"
    assert hello.extensions[ExtensionType.SUPPORTED_EKT_CIPHERS].hex() == "020102"
    assert hello.extensions[ExtensionType.EXTERNAL_SESSION_ID] == b"\x14" + TLS_ID.encode()


@pytest.mark.req("T00-EP-01")
def test_it_completes_without_any_tunnel() -> None:
    endpoint, dtls, _ = direct()
    assert dtls.established
    dtls.send_ekt_key(ekt_parameters())
    exchange(endpoint, dtls, 0.0)
    names = [type(event).__name__ for event in events_of(endpoint)]
    assert names == ["HopKeysReady", "EktKeyInstalled", "MediaReady"]


@pytest.mark.req("T00-EP-01", "T00-KMF-06", "SLD-FUN-03")
def test_it_joins_through_relay_and_kmf() -> None:
    world = board("a")
    line = world.join_endpoint("a")
    (keys,) = line.of(HopKeysReady)
    hop = world.kmf.hop_keys("t1", line.association_id)
    assert hop is not None
    assert (keys.send_key_id, keys.receive_key_id) == (hop.client.key.id, hop.server.key.id)
    assert keys.kmf_fingerprint == identity("kmf").fingerprint
    assert line.peer.ready
    assert line.of(MediaReady)[0].ssrc == line.peer.ssrc


@pytest.mark.req("T00-EP-03", "R8871-29")
def test_a_kmf_with_another_certificate_is_refused() -> None:
    endpoint, dtls, _ = direct({"kmf_fingerprint": identity("someone").fingerprint})
    assert events_of(endpoint) == [
        EndpointClosed("server refused by verify", AlertDescription.BAD_CERTIFICATE, True)
    ]
    assert endpoint.closed
    assert not endpoint.ready
    assert not dtls.established


@pytest.mark.req("R9185-EP-03")
@pytest.mark.parametrize(("shown", "accepted"), [(TLS_ID, True), ("x" * 20, False), (None, False)])
def test_the_servers_tls_id_must_be_the_expected_one(shown: str | None, accepted: bool) -> None:
    own = {"external_session_id": shown.encode()} if shown else {}
    endpoint, _, _ = direct({"kmf_tls_id": TLS_ID, "tls_id": "a" * 20}, **own)
    assert bool([e for e in events_of(endpoint) if isinstance(e, HopKeysReady)]) is accepted
    assert endpoint.closed is not accepted


@pytest.mark.req("EKT-24", "EKT-05")
@pytest.mark.parametrize(
    "server",
    [{"ekt_ciphers": ()}, {"srtp_profiles": ()}, {"srtp_profiles": (7,)}],
    ids=["no EKT", "no use_srtp", "plain profile"],
)
def test_a_server_without_ekt_or_double_gets_no_media_keys(server: dict[str, Any]) -> None:
    endpoint, dtls, _ = direct(None, **server)
    closed = events_of(endpoint)
    assert [type(e) for e in closed] == [EndpointClosed]
    assert closed[0].alert == AlertDescription.HANDSHAKE_FAILURE
    assert not dtls.established


def test_aeskw128_is_too_weak_for_the_256_bit_double() -> None:
    endpoint, _, _ = direct({"profiles": (10,)}, srtp_profiles=(10,), ekt_ciphers=(1, 2))
    assert [e.alert for e in events_of(endpoint)] == [AlertDescription.ILLEGAL_PARAMETER]


def test_starting_twice_is_a_local_error() -> None:
    endpoint, _, _ = direct()
    with pytest.raises(LocalError):
        endpoint.start(1.0)


# -- the EKT key --------------------------------------------------------------------------------------------------


@pytest.mark.req("T00-EP-07", "EKT-24")
def test_no_media_before_the_first_ekt_key() -> None:
    endpoint, dtls, _ = direct()
    assert not endpoint.ready
    assert not endpoint.send_rtp(b"early", timestamp=0, now=0.0)
    assert not endpoint.send_rtcp(b"\x80\xc9\x00\x01" + bytes(4), 0.0)
    assert endpoint.datagrams_to_send(0.0) == []
    assert endpoint.counters == {"not_ready": 2}
    dtls.send_ekt_key(ekt_parameters())
    exchange(endpoint, dtls, 0.0)
    assert endpoint.send_rtp(b"now", timestamp=0, now=0.0)
    assert len(endpoint.datagrams_to_send(0.0)) == 1


@pytest.mark.req("R8871-20", "T00-EP-07", "EKT-12", "R8871-32")
@pytest.mark.parametrize("salt", [b"s" * 12, b"0123456789abcd"])
def test_the_own_key_goes_out_under_the_ekt_key_and_the_salt_comes_from_it(salt: bytes) -> None:
    endpoint, dtls, _ = direct()
    dtls.send_ekt_key(ekt_parameters(salt=Key(salt)))
    exchange(endpoint, dtls, 0.0)
    endpoint.send_rtp(b"PERC test payload", timestamp=0, now=0.0)
    ((wire, _),) = endpoint.datagrams_to_send(0.0)
    srtp, field = peel_ekt(wire)
    plain = EktPlaintext.decode(unwrap(b"k" * 16, field.ciphertext))
    material = dtls.export(b"EXTRACTOR-dtls_srtp", 112)
    outer_plain = SrtpContext(7, material[16:32], material[64 + 12 : 64 + 24]).unprotect(srtp)
    body, ohb = peel_ohb(outer_plain[12:])
    assert ohb.encode() == b"\x00"
    inner = outer_plain[:12] + body
    assert plain.ssrc == endpoint.ssrc
    assert plain.key != material[:16]  # not the half that the KMF knows
    with pytest.raises(CryptoError):
        SrtpContext(7, plain.key, material[64 : 64 + 12]).unprotect(inner)
    opened = SrtpContext(7, plain.key, salt[:12]).unprotect(inner)
    assert opened[12:] == b"PERC test payload"


@pytest.mark.req("EKT-06")
def test_every_srtp_packet_has_an_ekt_field_and_no_srtcp_packet_has_one() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    for n in range(60):
        world.say(a, b"a%d" % n)
        world.say(b, b"b%d" % n)
    world.run(20.0)
    fields = {"rtp": set(), "rtcp": set()}
    for line, datagram in world.media:
        rtcp = 192 <= datagram[1] <= 223
        hop = world.kmf.hop_keys("t1", line.association_id)
        assert hop is not None
        if rtcp:  # ends with the SRTCP index: any EKT field after it would break authentication
            SrtpContext(7, *hop.client).unprotect_rtcp(datagram)
            fields["rtcp"].add("none")
        else:
            srtp, field = peel_ekt(datagram)
            SrtpContext(7, *hop.client).unprotect(srtp)
            fields["rtp"].add(field.type)
    assert fields == {"rtp": {FULL, SHORT}, "rtcp": {"none"}}


@pytest.mark.req("T00-EP-06", "EKT-23")
def test_a_repeated_ekt_key_is_acknowledged_again_and_installed_once() -> None:
    world = board("a")
    lost = iter([True, True])
    world.drop = lambda sender, m: (
        sender == "mdd" and len(m.content.dtls) == 55 and next(lost, False)
    )
    line = world.join_endpoint("a")
    assert world.states() == {"a": "ekt_sent"}
    world.run(4.0)
    assert world.states() == {"a": "active"}
    assert len(line.of(EktKeyInstalled)) == 1
    assert line.peer.counters["dtls_ekt_key_repeated"] == 2
    assert len(world.of(EktKeyDelivered)) == 1


@pytest.mark.req("R8871-22", "R8871-23", "FW16-07", "EKT-17", "R8871-21")
def test_a_new_ekt_key_receives_at_once_and_sends_after_the_delay() -> None:
    world = board("a", "b")
    a = world.join_endpoint("a", key_change_delay=1.0)
    b = world.join_endpoint("b", key_change_delay=0.0)
    world.say(a, b"one")
    world.say(b, b"two")
    start = world.now
    new = world.kmf.rekey(BOARD, world.now)
    world.run()
    assert a.peer.spis(world.now)[-1] == b.peer.spis(world.now)[-1] == new
    while world.now < start + 2.0:
        world.say(a, b"from a")
        world.say(b, b"from b")
    (changed_a,), (changed_b,) = a.of(SendingKeyChanged), b.of(SendingKeyChanged)
    assert changed_a.spi == changed_b.spi == new
    assert (changed_a.epoch, changed_b.epoch) == (0, 0)
    learned = b.of(SenderKeyLearned)
    assert len(learned) == 2
    assert len({e.key_id for e in learned}) == 2  # a new master key, not only a new wrap
    early = next(e for e in a.of(MediaReceived) if e.spi == new)
    late = next(e for e in b.of(MediaReceived) if e.spi == new)
    assert early.now - start < 0.5  # 0.25 s hold of the old master key
    assert late.now - start >= 1.25
    assert not a.peer.counters
    assert not b.peer.counters
    assert len(heard(a)) == len(heard(b))


@pytest.mark.req("R8871-25", "R8871-23")
def test_a_late_packet_under_the_old_key_still_opens() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b", key_change_delay=0.0)
    world.say(b, b"first")
    held = world.hold(b, a, b"late")
    world.kmf.rekey(BOARD, world.now)
    world.run()
    for n in range(40):
        world.say(b, b"new %d" % n)
    assert a.of(MediaReceived)[-1].spi != a.of(MediaReceived)[0].spi
    world.deliver(a, held)
    assert heard(a)[-1] == b"late"
    assert a.of(MediaReceived)[-1].spi == a.of(MediaReceived)[0].spi


def test_several_new_keys_in_the_delay_end_with_the_newest() -> None:
    world = board("a", "b")
    a = world.join_endpoint("a", key_change_delay=1.0)
    spis = []
    for _ in range(3):
        spis.append(world.kmf.rekey(BOARD, world.now))
        world.run(0.1)
    world.run(2.0)
    assert a.of(SendingKeyChanged)[-1].spi == spis[-1]
    assert a.peer.spis(world.now)[-3:] == spis


def test_an_identical_ekt_key_does_not_restart_the_sender_at_epoch_0() -> None:
    endpoint, dtls, _ = direct({"key_change_delay": 0.5})
    for _ in range(2):
        dtls.send_ekt_key(ekt_parameters())
        exchange(endpoint, dtls, 0.0)
    endpoint.handle_timer(10.0)
    assert not [e for e in events_of(endpoint) if isinstance(e, SendingKeyChanged)]


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize("salt", [b"s", b"s" * 11])
def test_an_ekt_key_that_cannot_be_used_is_answered_with_an_alert(salt: bytes) -> None:
    endpoint, dtls, _ = direct()
    dtls.send_ekt_key(ekt_parameters(salt=Key(salt)))
    exchange(endpoint, dtls, 0.0)
    closed = [e for e in events_of(endpoint) if isinstance(e, EndpointClosed)]
    assert [e.alert for e in closed] == [AlertDescription.ILLEGAL_PARAMETER]
    assert not dtls.established
    assert not endpoint.ready


@pytest.mark.req("EKT-18")
def test_after_the_time_to_live_nothing_is_sent_or_opened_under_the_key() -> None:
    world = board("a", "b", ekt_ttl=30)
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    world.say(a, b"in time")
    world.drop = lambda _s, _m: True  # the successor never arrives
    world.now += 40.0
    assert not a.peer.send_rtp(b"too late", timestamp=0, now=world.now)
    assert not a.peer.send_rtp(b"too late", timestamp=0, now=world.now)
    assert a.peer.counters["send_key_exhausted"] == 2
    assert len(a.of(SendingKeyExpired)) == 1
    assert b.peer.spis(world.now) == []


@pytest.mark.req("EKT-18", "R8871-24")
def test_a_successor_comes_before_the_time_to_live_ends() -> None:
    world = board("a", "b", ekt_ttl=30)
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    while world.now < 200.0:
        assert world.say(a, b"on and on")
    assert len(b.of(EktKeyInstalled)) >= 4
    assert not b.peer.counters
    assert len(heard(b)) == len(world.media) - sum(192 <= m[1] <= 223 for _, m in world.media)


@pytest.mark.req("R8871-27", "R8871-17")
def test_the_own_key_may_change_at_any_time() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    for n in range(60):
        if n in (10, 40):
            assert a.peer.rekey(world.now)
        world.say(a, b"%d" % n)
    assert heard(b) == [b"%d" % n for n in range(60)]
    learned = b.of(SenderKeyLearned)
    assert [(e.spi, e.epoch) for e in learned] == [(learned[0].spi, n) for n in range(3)]
    assert [e.key_id for e in learned[1:]] == [e.key_id for e in a.of(SendingKeyChanged)]
    assert b.peer.sources[a.peer.ssrc].key_id == learned[-1].key_id
    assert not b.peer.counters


def test_a_change_of_key_without_one_is_counted_or_a_local_error() -> None:
    endpoint, _, _ = direct()
    assert not endpoint.rekey(0.0)
    assert endpoint.counters == {"not_ready": 1}
    world = board("a", profile=7, hbh_only=True)
    line = world.join_endpoint("a", where={"profiles": (7,)}, profiles=(7,), hbh_only=True)
    with pytest.raises(LocalError):
        line.peer.rekey(world.now)


def test_after_65535_changes_the_ekt_key_has_no_epoch_left() -> None:
    world = board("a")
    line = world.join_endpoint("a")
    line.peer._media.stream.ekt._newest = line.peer._media.stream.ekt._newest._replace(epoch=0xFFFF)
    before = line.peer._media.stream.key_event().key_id
    assert not line.peer.rekey(world.now)
    assert line.peer.counters == {"send_key_exhausted": 1}
    assert line.peer._media.stream.key_event().key_id == before


# -- the rest -----------------------------------------------------------------------------------------------------


def test_the_key_log_gets_the_handshakes_line() -> None:
    lines: list[str] = []
    config = EndpointConfig(identity("a"), identity("kmf").fingerprint)
    endpoint = Endpoint(config, random=random.Random(1).randbytes, keylog=lines.append)
    world = board("a")
    endpoint.start(world.now)
    world.add("a", endpoint)
    world.run()
    assert [line.split()[0] for line in lines] == ["CLIENT_RANDOM"]


def test_leaving_before_the_handshake_is_complete_is_quiet() -> None:
    world = board("a")
    line = world.endpoint("a")
    line.peer.leave(world.now)
    world.run(3.0)
    assert line.peer.closed
    assert world.states() == {}


def test_no_event_shows_key_octets() -> None:
    world, a, b = pair()
    keys = world.kmf.hop_keys("t1", a.association_id)
    assert keys is not None
    shown = repr(a.of(object)) + repr(b.of(object)) + repr(a.peer.sources)
    assert repr(bytes(keys.client.key))[2:-1] not in shown
    assert keys.client.key.hex() not in shown
