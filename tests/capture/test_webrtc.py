# SPDX-License-Identifier: GPL-2.0-only
"""Plain DTLS-SRTP: handshakes by OpenSSL, media by libsrtp, opened from the capture and the key log alone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto import SrtpContext
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.pcap.packets import Address
from tests.capture.webrtc import RTP_PAIR, A, B, Call, rtcp, rtp

SINGLE = [1, 2, 7, 8]


def media_of(call: Call) -> list[MediaPacket]:
    return Analysis(call.trace, call.keylog()).media


def plain(call: Call) -> list[bytes | None]:
    return [m.opened.plain for m in media_of(call)]


@pytest.mark.parametrize("profile", SINGLE)
def test_both_directions_rtp_and_rtcp_on_one_port(profile: int) -> None:
    call = Call(profile)
    call.check(A, B)
    call.handshake()
    sent = []
    for n in range(40):
        sent.append(
            call.send(rtp(65520 + n, 0xA0 + n % 3))
        )  # over a wrap, three streams in a bundle
        sent.append(call.send(rtp(n, 0xB0), back=True))
        if n % 10 == 0:
            sent += [call.report(rtcp(0xA0)), call.report(rtcp(0xB0), back=True)]
    media = media_of(call)
    assert [m.opened.plain for m in media] == sent
    assert {(m.kind, m.from_endpoint) for m in media} == {
        ("rtp", True), ("rtp", False), ("rtcp", True), ("rtcp", False),
    }  # fmt: skip
    assert {m.profile for m in media} == {profile}


def test_rtcp_that_is_only_authenticated() -> None:
    """libsrtp cannot make E = 0, so our own context does; its transform is held against RFC 7714's vectors."""
    for profile in SINGLE:
        call = Call(profile).handshake()
        sender = SrtpContext(profile, *call.keys.client)
        call.seen(A, B, sender.protect_rtcp(rtcp(), encrypt=False))
        assert plain(call) == [rtcp()]


def test_loss_reordering_and_repeats() -> None:
    call = Call().handshake()
    start, dice = len(call.trace), random.Random(5)
    sent = {call.send(rtp(65000 + n)) for n in range(1200)}
    media = call.trace[start:]
    kept = [d for d in media if dice.random() > 0.2]
    kept += dice.sample(kept, 50)
    kept.sort(key=lambda d: d.number + dice.uniform(0, 12))
    call.trace[start:] = [replace(d, number=start + 1 + n) for n, d in enumerate(kept)]
    found = media_of(call)
    opened = [m.opened.plain for m in found if m.opened.plain is not None]
    assert set(opened) <= sent
    assert len(opened) == len(kept) - 50
    assert sum(m.opened.repeat for m in found) == 50


def test_a_capture_that_begins_in_the_middle_finds_the_rollover_counter() -> None:
    call = Call(1).handshake()
    start = len(call.trace)
    sender = SrtpContext(1, *call.keys.client)
    for n in range(5 * 65536 + 100, 5 * 65536 + 110):
        call.seen(A, B, sender.protect(rtp(n), index=n))
    assert all(plain(call))
    assert len(plain(call)) == len(call.trace) - start


def test_a_hole_of_more_than_a_rollover() -> None:
    call = Call().handshake()
    sender = SrtpContext(7, *call.keys.client)
    numbers = [10, 11, 50000, 65536 + 49000, 65536 + 49001]
    for n in numbers:
        call.seen(A, B, sender.protect(rtp(n), index=n))
    assert plain(call) == [rtp(n) for n in numbers]


# -- ICE and ports

A2, B2 = RTP_PAIR
RELAY = Address("203.0.113.5", 60000)


def test_media_move_to_another_pair_of_candidates_and_keep_their_state() -> None:
    call = Call()
    call.check(A, B)
    call.check(A2, B)
    call.handshake()
    sent = [call.send(rtp(65534))]
    sent += [call.send(rtp(65535 + n), path=(A2, B)) for n in range(4)]
    sent += [call.send(rtp(n), back=True, path=(A2, B)) for n in range(3)]
    found = media_of(call)
    assert [m.opened.plain for m in found] == sent
    assert len({id(m.association) for m in found}) == 1


def test_a_relayed_pair_is_known_by_the_names_of_its_checks() -> None:
    """Two calls at once whose media both move behind one relay: the STUN names say which is whose."""
    first, second = Call(), Call()
    first.check(A, B, "b1:a1")
    first.handshake()
    second.trace, second.now = first.trace, first.now
    second.check(A2, B2, "b2:a2")
    second.handshake(A2, B2)
    far = Address("203.0.113.9", 1)
    first.now = second.now
    first.check(RELAY, far, "b2:a2")
    sent = second.send(rtp(1), path=(RELAY, far))
    log = first.keylog()
    log.add_text(b"\n".join(second.lines))
    (found,) = Analysis(first.trace, log).media
    assert found.opened.plain == sent
    assert found.association.endpoint == A2


def test_rtcp_on_the_next_port_without_a_handshake_of_its_own() -> None:
    call = Call(1).handshake()
    up = Address(A.host, A.port + 1), Address(B.host, B.port + 1)
    sent = [
        call.send(rtp(1)),
        call.report(rtcp(), path=up),
        call.report(rtcp(9), back=True, path=up),
    ]
    assert plain(call) == sent


def test_rtcp_on_the_next_port_with_a_handshake_of_its_own() -> None:
    call = Call(1).handshake()
    sent = [call.send(rtp(1))]
    up = Address(A.host, A.port + 1), Address(B.host, B.port + 1)
    call.handshake(*up)
    sent.append(call.report(rtcp(), path=up))
    found = media_of(call)
    assert [m.opened.plain for m in found] == sent
    assert found[0].association is not found[1].association


def test_foreign_media_cost_a_bounded_number_of_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    call = Call().handshake()
    tries = 0
    real = SrtpContext.open

    def counted(self, *args):
        nonlocal tries
        tries += 1
        return real(self, *args)

    monkeypatch.setattr(SrtpContext, "open", counted)
    stranger = SrtpContext(7, bytes(16), bytes(12))
    for n in range(2000):
        call.seen(RELAY, A2, stranger.protect(rtp(n)))
    assert plain(call) == [None] * 2000
    assert tries < 3000


# -- keys change


def test_a_second_handshake_on_the_same_path_brings_new_keys() -> None:
    call = Call().handshake()
    sent = [call.send(rtp(n)) for n in range(5)]
    old = call.up
    call.handshake()
    sent += [call.send(rtp(5))]
    call.seen(A, B, old.protect(rtp(6)))  # still under way
    sent += [rtp(6), call.send(rtp(7)), call.send(rtp(1), back=True)]
    found = media_of(call)
    assert [m.opened.plain for m in found] == sent
    assert len({id(m.association) for m in found}) == 2


def test_a_restarted_sender_is_no_replay() -> None:
    """The new association has the same addresses, SSRC and sequence numbers."""
    call = Call().handshake()
    call.send(rtp(1))
    call.send(rtp(2))
    call.handshake()
    call.send(rtp(1))
    call.send(rtp(2))
    assert plain(call) == [rtp(1), rtp(2), rtp(1), rtp(2)]


def test_another_profile_after_a_new_handshake() -> None:
    call = Call(8).handshake()
    sent = [call.send(rtp(1))]
    call.handshake(profile=2)
    sent += [call.send(rtp(2)), call.report(rtcp())]
    found = media_of(call)
    assert [m.opened.plain for m in found] == sent
    assert [m.profile for m in found] == [8, 2, 2]


# -- no key, wrong key


def test_without_the_log_nothing_opens_and_no_note_lies() -> None:
    call = Call().handshake()
    call.send(rtp(1))
    (found,) = Analysis(call.trace).media
    assert (found.opened.plain, found.opened.problem) == (None, "no keys of this hop")


def test_the_log_of_another_call_opens_nothing() -> None:
    call, other = Call().handshake(), Call().handshake()
    call.send(rtp(1))
    (found,) = Analysis(call.trace, other.keylog()).media
    assert found.opened.plain is None


def test_a_double_profile_without_ekt_uses_both_exported_halves() -> None:
    """RFC 8723 without RFC 8870: DTLS runs end to end, so both halves are everybody's."""
    from tests.crypto.support import LibsrtpDouble

    call = Call(9).handshake()
    assert SRTP_PROFILES[9].is_double
    keys = call.keys.client
    sender = LibsrtpDouble(7, keys.inner(), keys.outer())
    for n in range(3):
        call.seen(A, B, sender.protect(rtp(n)))
    found = media_of(call)
    assert [m.opened.plain for m in found] == [rtp(n) for n in range(3)]
    assert {m.opened.key_id for m in found} == {keys.inner().key.id}


# -- master key identifiers


def with_mki(datagram: bytes, length: int) -> bytes:
    """A datagram whose ServerHello selects an MKI of `length` octets; OpenSSL itself never does."""
    at = datagram.find(b"\x00\x0e\x00\x05\x00\x02\x00")
    if at < 0 or datagram[13:14] != b"\x02":
        return datagram
    mki = bytes(range(length))
    grown = bytearray(datagram[: at + 8] + bytes((length,)) + mki + datagram[at + 9 :])
    session = 13 + 12 + 34
    extensions = session + 1 + grown[session] + 3
    # record length; message and fragment length; length of all extensions, of this one
    for place, size in ((11, 2), (14, 3), (22, 3), (extensions, 2), (at + 2, 2)):
        value = int.from_bytes(grown[place : place + size], "big") + length
        grown[place : place + size] = value.to_bytes(size, "big")
    return bytes(grown)


@pytest.mark.parametrize("profile", SINGLE)
def test_a_negotiated_master_key_identifier_is_cut_out(profile: int) -> None:
    call = Call(profile).handshake()
    call.trace = [replace(d, data=with_mki(d.data, 4)) for d in call.trace]
    row = SRTP_PROFILES[profile]
    tag = 0 if row.cipher == "aes-gcm" else row.rtp_tag
    wire = call.up.protect(rtp(1))
    end = len(wire) - tag
    call.seen(A, B, wire[:end] + b"\0\1\2\3" + wire[end:])
    analysis = Analysis(call.trace, call.keylog())
    assert analysis.associations[0].mki == 4
    assert [m.opened.plain for m in analysis.media] == [rtp(1)]
