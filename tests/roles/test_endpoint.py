# SPDX-License-Identifier: GPL-2.0-only
"""The endpoint: its handshake, its keys, what it sends and plays, and what it drops."""

from __future__ import annotations

import random
from typing import Any

import pytest

from perc_scapy.codes import AlertDescription, ExtensionType
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, unwrap
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.dtls import DtlsConfig, DtlsServer
from perc_scapy.dtls.codec import decode_client_hello, decode_fragments
from perc_scapy.errors import CryptoError, LocalError
from perc_scapy.roles.endpoint import Endpoint
from perc_scapy.roles.endpoint_config import EndpointConfig
from perc_scapy.roles.endpoint_events import (
    EktKeyInstalled,
    EndpointClosed,
    HopKeysReady,
    MediaReady,
    MediaReceived,
    SenderKeyLearned,
    SendingKeyChanged,
    SendingKeyExpired,
    SourceLeft,
)
from perc_scapy.roles.kmf_events import EktKeyDelivered, MemberLeft
from perc_scapy.wire import peel_ekt, peel_ohb
from tests.roles.kmf_world import BOARD, TLS_ID, conference, identity, kmf_config, records_of
from tests.roles.media_world import MediaWorld, heard

FULL, SHORT = 2, 0


def board(*names: str, kmf: dict[str, Any] | None = None, **changes: Any) -> MediaWorld:
    world = MediaWorld(kmf_config(conference(BOARD, *names, **changes), **(kmf or {})))
    world.tunnel()
    return world


def direct(
    config: dict[str, Any] | None = None, **server: Any
) -> tuple[Endpoint, DtlsServer, dict[str, list[bytes]]]:
    """An endpoint with a bare DTLS server in the KMF's place, handshake done."""
    source = random.Random(5).randbytes
    settings = {"kmf_fingerprint": identity("kmf").fingerprint, **(config or {})}
    endpoint = Endpoint(EndpointConfig(identity("a"), **settings), random=source)
    options = {"srtp_profiles": (9,), "ekt_ciphers": (1,), **server}
    dtls = DtlsServer(DtlsConfig(identity("kmf"), lambda _p: None, random=source, **options))
    endpoint.start(0.0)
    log = exchange(endpoint, dtls, 0.0)
    return endpoint, dtls, log


def exchange(endpoint: Endpoint, dtls: DtlsServer, now: float) -> dict[str, list[bytes]]:
    log: dict[str, list[bytes]] = {"endpoint": [], "server": []}
    for _ in range(20):
        for data, _addr in endpoint.datagrams_to_send(now):
            log["endpoint"].append(data)
            dtls.receive_datagram(data, now)
        for datagram in dtls.datagrams_to_send(now):
            log["server"].append(bytes(datagram))
            endpoint.receive_datagram(bytes(datagram), None, now)
    return log


def ekt_parameters(spi: int = 7, **changes: Any) -> EktParameters:
    settings = {"cipher": 1, "key": Key(b"k" * 16), "salt": Key(b"s" * 12), "ttl": 1000, **changes}
    return EktParameters(spi, **settings)


def events(endpoint: Endpoint) -> list[Any]:
    found = []
    while (event := endpoint.next_event()) is not None:
        found.append(event)
    return found


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
    names = [type(event).__name__ for event in events(endpoint)]
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
    assert events(endpoint) == [
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
    assert bool([e for e in events(endpoint) if isinstance(e, HopKeysReady)]) is accepted
    assert endpoint.closed is not accepted


@pytest.mark.req("EKT-24", "EKT-05")
@pytest.mark.parametrize(
    "server",
    [{"ekt_ciphers": ()}, {"srtp_profiles": ()}, {"srtp_profiles": (7,)}],
    ids=["no EKT", "no use_srtp", "plain profile"],
)
def test_a_server_without_ekt_or_double_gets_no_media_keys(server: dict[str, Any]) -> None:
    endpoint, dtls, _ = direct(None, **server)
    closed = events(endpoint)
    assert [type(e) for e in closed] == [EndpointClosed]
    assert closed[0].alert == AlertDescription.HANDSHAKE_FAILURE
    assert not dtls.established


def test_aeskw128_is_too_weak_for_the_256_bit_double() -> None:
    endpoint, _, _ = direct({"profiles": (10,)}, srtp_profiles=(10,), ekt_ciphers=(1, 2))
    assert [e.alert for e in events(endpoint)] == [AlertDescription.ILLEGAL_PARAMETER]


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
    assert not [e for e in events(endpoint) if isinstance(e, SendingKeyChanged)]


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize("salt", [b"s", b"s" * 11])
def test_an_ekt_key_that_cannot_be_used_is_answered_with_an_alert(salt: bytes) -> None:
    endpoint, dtls, _ = direct()
    dtls.send_ekt_key(ekt_parameters(salt=Key(salt)))
    exchange(endpoint, dtls, 0.0)
    closed = [e for e in events(endpoint) if isinstance(e, EndpointClosed)]
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


# -- media --------------------------------------------------------------------------------------------------------


@pytest.mark.req("SLD-ROLE-03", "T00-EP-07")
@pytest.mark.parametrize(("profile", "cipher"), [(9, 1), (9, 2), (10, 2)])
def test_two_endpoints_talk(profile: int, cipher: int) -> None:
    world = board("a", "b", profile=profile, ekt_cipher=cipher)
    a = world.join_endpoint("a", profiles=(profile,))
    b = world.join_endpoint("b", profiles=(profile,))
    spoken = [b"frame %d" % n for n in range(30)]
    for payload in spoken:
        world.say(a, payload)
        world.say(b, payload[::-1])
    assert heard(b) == spoken
    assert heard(a) == [p[::-1] for p in spoken]
    assert not a.peer.counters


def test_what_an_event_says_of_a_packet() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=0xCAFEBABE), world.join_endpoint("b")
    a.peer.send_rtp(b"x", timestamp=160, payload_type=8, marker=True, now=world.now)
    a.peer.send_rtp(b"y", timestamp=320, payload_type=8, now=world.now)
    world.run()
    first, second = b.of(MediaReceived)
    assert (first.ssrc, first.payload_type, first.marker) == (0xCAFEBABE, 8, True)
    assert second.sequence == first.sequence + 1
    assert second.timestamp - first.timestamp & 0xFFFFFFFF == 160
    assert (first.outer_sequence, first.outer_payload_type) == (first.sequence, 8)
    assert first.now == world.now
    assert first.key_id == b.of(SenderKeyLearned)[0].key_id


def test_numbers_start_at_random_values_of_the_injected_source() -> None:
    sequences = set()
    for seed in range(8):
        world = MediaWorld(kmf_config(conference(BOARD, "a")), seed=seed)
        world.tunnel()
        line = world.join_endpoint("a")
        world.say(line, b"x")
        sequences.add(world.media[-1][1][2:12])
    assert len(sequences) == 8


@pytest.mark.parametrize("payload_type", [64, 72, 95, 128, -1])
def test_payload_types_that_look_like_rtcp_are_a_local_error(payload_type: int) -> None:
    world = board("a")
    line = world.join_endpoint("a")
    with pytest.raises(LocalError, match="RTCP"):
        line.peer.send_rtp(b"x", timestamp=0, payload_type=payload_type, now=world.now)


@pytest.mark.req("R8871-17")
def test_two_ssrcs_have_their_own_keys_on_the_list() -> None:
    world = board("a", "b", "c", rekey_on_join=None)
    lines = [world.join_endpoint(name) for name in "abc"]
    for line in lines:
        world.say(line, b"hello")
    listed = lines[0].peer.sources
    assert set(listed) == {lines[1].peer.ssrc, lines[2].peer.ssrc}
    assert len({status.key_id for status in listed.values()}) == 2


@pytest.mark.req("R8871-18", "T00-KMF-18")
def test_leaving_says_bye_closes_and_forgets_every_key() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    world.say(a, b"x")
    world.say(b, b"y")
    receiving = a.peer._receiving
    ssrc = a.peer.ssrc
    a.peer.leave(world.now)
    world.run()
    assert [e.ssrc for e in b.of(SourceLeft)] == [ssrc]
    assert b.peer.sources == {}
    assert a.of(EndpointClosed) == [EndpointClosed("closed", 0, True)]
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "closed")]
    assert (a.peer.ready, a.peer.closed, a.peer.ssrc, a.peer.sources) == (False, True, None, {})
    assert receiving.ekt.ssrcs() == []
    assert receiving.ekt.spis(world.now) == []
    assert not a.peer.send_rtp(b"z", timestamp=0, now=world.now)
    world.say(b, b"after")
    assert a.peer.counters["not_ready"] == 1
    assert a.peer.get_timer() is None


@pytest.mark.req("R8871-24")
def test_a_leaver_cannot_open_what_is_said_after_the_rekey() -> None:
    world = board("a", "b", "c")
    a, b, c = (world.join_endpoint(name, key_change_delay=0.1) for name in "abc")
    world.say(a, b"with c")
    held = c.peer._receiving.ekt.spis(world.now)
    c.peer.leave(world.now)
    world.run(1.0)
    for n in range(30):
        world.say(a, b"without c %d" % n)
    assert b.of(MediaReceived)[-1].spi not in held
    assert a.of(SendingKeyChanged)[-1].spi not in held


@pytest.mark.req("NUJ-12", "NUJ-08", "NUJ-15", "NUJ-16")
def test_a_newcomer_opens_nothing_that_was_said_before_it_came() -> None:
    world = board("a", "b", "c")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    for n in range(10):
        world.say(a, b"before %d" % n)
    recorded = [wire for line, wire in world.media if line is a]
    old = b.of(MediaReceived)[-1].spi
    c = world.join_endpoint("c")
    assert old not in c.peer.spis(world.now)
    hop = world.contexts(c)
    source = world.kmf.hop_keys("t1", a.association_id)
    assert hop is not None
    assert source is not None
    ingress = SrtpContext(7, *source.client)
    for wire in recorded:  # even a helpful MDD cannot let it hear them
        srtp, field = peel_ekt(wire)
        world.incoming(c, hop[1].protect(ingress.unprotect(srtp)) + field.raw)
    assert heard(c) == []
    assert c.peer.counters["unknown_spi"] + c.peer.counters["no_sender_key"] == len(recorded)
    while world.now < 105.0:
        for line in (a, b, c):
            world.say(line, b"after")
    assert b"after" in heard(c)
    assert a.peer.counters == b.peer.counters == {}


# -- drops --------------------------------------------------------------------------------------------------------


def pair() -> tuple[MediaWorld, Any, Any]:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    world.say(a, b"hello")
    return world, a, b


@pytest.mark.req("R8871-12", "DBL-18")
def test_a_replayed_packet_is_dropped() -> None:
    world, _, b = pair()
    world.incoming(b, world.delivered[-1][1])
    assert b.peer.counters == {"replayed": 1}
    assert len(heard(b)) == 1


@pytest.mark.req("R8871-13", "FW16-09")
def test_an_inner_packet_replayed_under_a_fresh_outer_layer_is_dropped() -> None:
    world, a, b = pair()
    srtp, field = peel_ekt(world.media[-1][1])
    hop, source = world.contexts(b), world.kmf.hop_keys("t1", a.association_id)
    assert hop is not None
    assert source is not None
    plain = bytearray(SrtpContext(7, *source.client).unprotect(srtp))
    original = bytes(plain[2:4])
    plain[2:4] = (int.from_bytes(original, "big") + 1).to_bytes(2, "big")
    changed = bytes(plain[:-1]) + original + b"\x01"  # OHB: the original SEQ
    world.incoming(b, hop[1].protect(changed) + field.raw)
    assert b.peer.counters == {"replayed": 1}
    assert len(heard(b)) == 1


@pytest.mark.req("R8871-02", "FW16-10", "R8871-09")
@pytest.mark.parametrize("octet", [0, 1, 2, 4, 8, 12, 20, 40])
def test_a_changed_octet_is_noticed_and_the_packet_itself_still_opens(octet: int) -> None:
    world, a, b = pair()
    wire = world.hold(a, b, b"untouched")
    changed = bytearray(wire)
    changed[octet] ^= 0x01
    world.incoming(b, bytes(changed))
    assert len(heard(b)) == 1
    assert sum(b.peer.counters.values()) == 1
    world.incoming(b, wire)
    assert heard(b)[-1] == b"untouched"


def test_the_wrong_hops_key_opens_nothing() -> None:
    world, _, b = pair()
    world.incoming(b, world.media[-1][1])  # as sent on the first hop
    assert b.peer.counters["authentication"] + b.peer.counters["replayed"] == 1
    assert len(heard(b)) == 1


@pytest.mark.req("EKT-07")
def test_a_field_of_an_unknown_spi_is_counted_and_nothing_is_learned() -> None:
    world, a, b = pair()
    a.peer._stream._perc.ekt.set_parameters(ekt_parameters(spi=1), world.now)
    before = len(heard(b))
    for _ in range(30):
        world.say(a, b"under another key")
    assert b.peer.counters["unknown_spi"] >= 3
    assert len(b.of(SenderKeyLearned)) == 1
    assert len(heard(b)) < before + 30


def test_media_with_the_own_ssrc_is_dropped() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=77), world.join_endpoint("b", ssrc=77)
    world.say(a, b"who am I")
    assert b.peer.counters == {"own_ssrc": 1}
    assert heard(b) == []


def test_media_before_keys_is_dropped() -> None:
    endpoint, _, _ = direct()
    endpoint.receive_datagram(b"\x80\x00" + bytes(60), None, 0.0)
    endpoint.receive_datagram(b"\x80\xc8" + bytes(60), None, 0.0)
    assert endpoint.counters == {"no_keys": 2}


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01" + bytes(18), b"\x10" * 20, b"\x4f" * 20, b"\xff"]
)
def test_stun_zrtp_turn_and_noise_are_counted(data: bytes) -> None:
    endpoint, _, _ = direct()
    endpoint.receive_datagram(data, None, 0.0)
    assert endpoint.counters == {"unknown_packet": 1}


def test_only_the_configured_address_is_listened_to() -> None:
    endpoint, dtls, _ = direct({"mdd_addr": ("10.0.0.1", 5000)})
    assert not dtls.established
    assert set(endpoint.counters) == {"foreign_address"}


def test_senders_beyond_the_limit_are_not_kept() -> None:
    names = [f"p{n}" for n in range(6)]
    world = board(*names, rekey_on_join=None)
    lines = [world.join_endpoint(name, max_sources=3) for name in names]
    for line in lines:
        world.say(line, b"hello")
        world.say(line, b"again")
    assert len(lines[0].peer.sources) == 3
    assert lines[0].peer.counters == {"too_many_sources": 4}


@pytest.mark.req("EKT-19", "DBL-07")
def test_every_truncation_of_media_is_counted_and_harms_nothing() -> None:
    world, a, b = pair()
    whole = world.hold(a, b, b"cut me")
    for length in range(len(whole)):
        world.incoming(b, whole[:length])
    assert len(heard(b)) == 1
    assert sum(b.peer.counters.values()) == len(whole)
    world.incoming(b, whole)
    assert heard(b)[-1] == b"cut me"


@pytest.mark.req("T00-KMF-18", "SRT-04")
def test_random_datagrams_never_raise() -> None:
    source = random.Random(8870)
    world, a, b = pair()
    originals = [wire for _, wire in world.delivered] + [
        m.content.dtls for m in world.sent("kmf", b) if m.content.dtls
    ]
    for _ in range(3000):
        data = bytearray(source.choice(originals))
        for _ in range(source.randrange(1, 5)):
            data[source.randrange(len(data))] = source.randrange(256)
        if source.random() < 0.3:
            del data[source.randrange(len(data)) :]
        b.peer.receive_datagram(bytes(data), None, world.now)
    assert len(heard(b)) == 1
    world.say(a, b"still here")
    assert heard(b)[-1] == b"still here"


# -- hbh_only -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [1, 2, 7, 8])
def test_a_plain_conference_works_only_where_it_is_asked_for(profile: int) -> None:
    world = board("a", "b", profile=profile, hbh_only=True)
    where = {"profiles": (1, 2, 7, 8)}
    a, b = (
        world.join_endpoint(name, where=where, profiles=(8, 7, 2, 1), hbh_only=True)
        for name in "ab"
    )
    assert a.peer.ready
    world.say(a, b"in clear to the MDD")
    (event,) = b.of(MediaReceived)
    assert (event.payload, event.spi, event.key_id) == (b"in clear to the MDD", None, None)
    assert world.states() == {"a": "keyed", "b": "keyed"}
    assert world.kmf.rekey(BOARD, world.now) is None


def test_an_endpoint_that_wants_double_refuses_a_plain_conference() -> None:
    world = board("a", profile=7, hbh_only=True)
    line = world.join_endpoint("a", where={"profiles": (7,)})
    assert not line.peer.ready
    assert line.peer.closed
    assert world.kmf.counters["endpoint_lacks_profile"] == 1


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
