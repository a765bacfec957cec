# SPDX-License-Identifier: GPL-2.0-only
"""Media with stated keys and no handshake in the capture: libsrtp protects, TOML tables open."""

from __future__ import annotations

import base64

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.stated_hops import MAX_HOPS, StatedHops
from perc_scapy.capture.statements import SrtpStatement
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.pcap.packets import Address, Datagram
from tests.capture.handmade import PROFILE, HandmadeConference, k
from tests.capture.webrtc import RTP_PAIR, A, B, Call, rtcp, rtp
from tests.crypto.support import Libsrtp


def keys(profile: int, first: int) -> MasterKey:
    row = SRTP_PROFILES[profile]
    octets = bytes(n & 0xFF for n in range(first, first + row.key_length + row.salt_length))
    return MasterKey(Key(octets[: row.key_length]), Key(octets[row.key_length :]))


def table(profile: object, master: MasterKey, layer: str = "hop", **fields: object) -> str:
    lines = [
        f"layer='{layer}'",
        f"profile={profile!r}",
        f"key='{master.key.hex()}'",
        f"salt='{master.salt.hex()}'",
    ]
    return "\n".join(["[[srtp]]", *lines, *(f"{n}={v!r}" for n, v in fields.items())]) + "\n"


def opened(trace: list[Datagram], *tables: str) -> list[MediaPacket]:
    ring = Keyring()
    ring.add_text("".join(tables).encode())
    return Analysis(trace, ring).media


@pytest.mark.parametrize("profile", [1, 2, 7, 8])
def test_sdes_users_need_no_handshake(profile: int) -> None:
    call, up, down = Call(profile), keys(profile, 1), keys(profile, 100)
    call.up, call.down = Libsrtp(profile, up), Libsrtp(profile, down)
    sent = [call.send(rtp(n)) for n in range(5)]
    sent += [call.send(rtp(n, 9), back=True) for n in range(5)]
    sent += [call.report(rtcp()), call.report(rtcp(9), back=True)]
    names = {
        1: "AES_CM_128_HMAC_SHA1_80",
        2: "AES_CM_128_HMAC_SHA1_32",
        7: "AEAD_AES_128_GCM",
        8: "AEAD_AES_256_GCM",
    }
    text = "".join(
        f"[[srtp]]\nlayer='hop'\nprofile='{names[profile]}'\nsrc='{src}'\n"
        f"inline='inline:{base64.b64encode(master.key + master.salt).decode()}|2^31'\n"
        for src, master in ((A.host, up), (B.host, down))
    )
    found = opened(call.trace, text)
    assert [m.opened.plain for m in found] == sent
    assert {m.profile for m in found} == {profile}
    assert {m.stated.where for m in found} == {"keys: srtp[1]", "keys: srtp[2]"}


@pytest.mark.parametrize("profile", [5, 6])
def test_null_ciphers_are_read(profile: int) -> None:
    master = keys(profile, 3)
    sender = SrtpContext.for_reading(profile, *master)
    call = Call()
    call.seen(A, B, sender.protect(rtp(1)))
    call.seen(A, B, sender.protect_rtcp(rtcp()))
    found = opened(call.trace, table(profile, master))
    assert [m.opened.plain for m in found] == [rtp(1), rtcp()]


def test_a_key_per_ssrc_on_one_path() -> None:
    call, text = Call(), ""
    senders = {ssrc: Libsrtp(7, keys(7, ssrc)) for ssrc in (1, 2, 3)}
    sent = []
    for n in range(9):
        ssrc = n % 3 + 1
        sent.append(rtp(n, ssrc))
        call.seen(A, B, senders[ssrc].protect(sent[-1]))
    for ssrc in senders:
        text += table(7, keys(7, ssrc), ssrc=ssrc)
    assert [m.opened.plain for m in opened(call.trace, text)] == sent


def test_a_counter_far_away_and_keys_that_change_at_a_packet() -> None:
    call = Call()
    old, new = SrtpContext(7, *keys(7, 1)), SrtpContext(7, *keys(7, 50))
    for n in range(6):
        index = (900 << 16) + 65533 + n
        call.seen(A, B, (old if n < 3 else new).protect(rtp(index), index=index))
    text = table(7, keys(7, 1), roc=900, to_packet=3) + table(
        7, keys(7, 50), roc=901, from_packet=4
    )
    found = opened(call.trace, text)
    assert all(m.opened.plain for m in found)
    assert [m.stated.where[-2] for m in found] == list("111222")


def test_the_same_packets_seen_twice_are_opened_twice() -> None:
    call, sender = Call(), Libsrtp(7, keys(7, 1))
    for n in range(3):
        wire = sender.protect(rtp(n))
        call.seen(A, B, wire)
        call.seen(*RTP_PAIR, wire)
    assert all(m.opened.plain for m in opened(call.trace, table(7, keys(7, 1))))


def test_a_master_key_identifier_in_every_packet() -> None:
    call, sender = Call(), Libsrtp(7, keys(7, 1))
    call.seen(A, B, sender.protect(rtp(1)) + b"\0\7")
    call.seen(A, B, sender.protect_rtcp(rtcp()) + b"\0\7")
    found = opened(call.trace, table(7, keys(7, 1), mki="0007"))
    assert [m.opened.plain for m in found] == [rtp(1), rtcp()]


# -- two layers


@pytest.fixture
def talk() -> HandmadeConference:
    talk = HandmadeConference()
    for name in "AB":
        talk.join(name, k(1))
    talk.start = len(talk.trace)
    return talk


def said(talk: HandmadeConference, count: int = 8) -> list[bytes]:
    """Heard at both hops, as plain packets."""
    plain = [talk.say("A", b"%d" % n) for n in range(count)]
    return [packet for packet in plain for _ in range(2)]


def hop_tables(talk: HandmadeConference, profile: object) -> str:
    a, b = talk.people["A"], talk.people["B"]
    return table(profile, a.keys.client.outer(), src=str(a.address)) + table(
        profile, b.keys.server.outer(), dst=str(b.address)
    )


def ekt_table() -> str:
    key = k(1)
    return f"[[ekt]]\nspi={key.spi}\ncipher='AESKW_128'\nkey='{key.key.hex()}'\nsalt='{key.salt.hex()}'\n"


@pytest.mark.parametrize("profile", ["AEAD_AES_128_GCM", PROFILE])
def test_both_layers_from_hop_keys_and_an_ekt_key(
    talk: HandmadeConference, profile: object
) -> None:
    sent = said(talk)
    found = opened(talk.trace[talk.start :], hop_tables(talk, profile), ekt_table())
    assert [m.opened.plain for m in found] == sent
    assert {(m.opened.spi, m.opened.epoch) for m in found} == {(1, 0)}
    assert {m.profile for m in found} == {PROFILE}


def test_both_layers_from_hop_keys_and_end_to_end_keys(talk: HandmadeConference) -> None:
    sent = said(talk)
    inner = talk.people["A"].sender.ekt.master(talk.now)
    tables = hop_tables(talk, PROFILE), table(PROFILE, inner, "end-to-end", ssrc=0x1041)
    found = opened(talk.trace[talk.start :], *tables)
    assert [m.opened.plain for m in found] == sent
    assert {m.opened.key_id for m in found} == {inner.key.id}
    assert all(m.opened.ekt is not None for m in found)


def test_two_layers_without_ekt_fields() -> None:
    from tests.crypto.support import LibsrtpDouble

    call, full = Call(), keys(9, 1)
    sender = LibsrtpDouble(7, full.inner(), full.outer())
    for n in range(4):
        call.seen(A, B, sender.protect(rtp(n)))
    found = opened(call.trace, table(9, full, "both"))
    assert [m.opened.plain for m in found] == [rtp(n) for n in range(4)]
    assert all(m.opened.ekt is None for m in found)


def test_a_late_joiner_takes_the_inner_counter_from_its_field(talk: HandmadeConference) -> None:
    talk.people["A"].seq = 65525
    for _ in range(20):
        talk.now += 0.03
        last = said(talk, 1)[-1]
    found = opened(talk.trace[talk.start + 2 * 12 :], hop_tables(talk, PROFILE), ekt_table())
    assert all(m.opened.hop_opened for m in found)  # the outer counter is guessed
    assert found[-1].opened.plain == found[-2].opened.plain == last


def test_a_hop_key_alone_opens_the_hop(talk: HandmadeConference) -> None:
    said(talk)
    found = opened(talk.trace[talk.start :], hop_tables(talk, PROFILE))
    assert all(m.opened.hop_opened and m.opened.plain is None for m in found)
    assert {m.opened.problem for m in found if m.opened.ekt.type == 0} == {
        "PERC: no end-to-end key held for this SSRC"
    }


def test_exporter_output_opens_a_call() -> None:
    call = Call(1).handshake()
    start = len(call.trace)
    sent = [call.send(rtp(n)) for n in range(3)] + [call.send(rtp(n), back=True) for n in range(3)]
    both = call.keys
    material = both.client.key + both.server.key + both.client.salt + both.server.salt
    text = (
        f"[[exporter]]\nprofile=1\nmaterial='{bytes(material).hex()}'\nclient='{A}'\nserver='{B}'\n"
    )
    assert [m.opened.plain for m in opened(call.trace[start:], text)] == sent


def test_ekt_over_one_layer_from_an_ekt_key_alone() -> None:
    from tests.capture.test_ekt_layer import Sender

    call, sender = Call(), Sender(7, k(1), bytes(range(60, 76)))
    for n in range(6):
        call.seen(A, B, sender.packet(n, full=n < 3))
    found = opened(call.trace, ekt_table() + "profile='AEAD_AES_128_GCM'\n")
    assert [m.opened.plain for m in found] == [rtp(n, 5) for n in range(6)]


def test_state_is_bounded() -> None:
    hops = StatedHops([SrtpStatement("hop", 7, False, keys(7, 1))])
    for port in range(1, MAX_HOPS + 50):
        list(hops.of(Datagram(1, 0.0, Address("192.0.2.1", port), B, rtp(1)), 5))
    assert len(hops._hops) == MAX_HOPS


def test_stated_keys_stand_beside_those_of_a_handshake() -> None:
    """A call by key log, and a stream of somebody else on the same path."""
    call = Call().handshake()
    other = Libsrtp(7, keys(7, 1))
    sent = []
    for n in range(5):
        sent.append(call.send(rtp(n)))
        sent.append(rtp(n, 77))
        call.seen(A, B, other.protect(sent[-1]))
    ring = Keyring(call.keylog())
    ring.add_text(table(7, keys(7, 1)).encode())
    found = Analysis(call.trace, ring).media
    assert [m.opened.plain for m in found] == sent
    assert [m.association is None for m in found] == [False, True] * 5
