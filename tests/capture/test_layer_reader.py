# SPDX-License-Identifier: GPL-2.0-only
"""One layer under one key: counters found by trying, within bounds; master key identifiers cut out."""

import pytest

from perc_scapy.capture.layer_reader import GUESSED_ROCS, PATIENCE, LayerReader, without_mki
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import AuthenticationError, CryptoError, ReplayError
from tests.capture.webrtc import rtcp, rtp


def keys(profile: int, first: int = 0) -> MasterKey:
    row = SRTP_PROFILES[profile]
    key = bytes(range(first, first + row.key_length))
    return MasterKey(Key(key), Key(bytes(range(row.salt_length))))


def pair(profile: int = 7, **options) -> tuple[LayerReader, SrtpContext]:
    master = keys(profile)
    return LayerReader(SrtpContext(profile, *master), **options), SrtpContext(profile, *master)


def sealed(sender: SrtpContext, index: int) -> tuple[bytes, bytes]:
    wire = sender.protect(rtp(index), index=index)
    return wire[:12], wire[12:]


@pytest.mark.parametrize("roc", [0, 1, GUESSED_ROCS - 1])
def test_a_first_packet_with_a_counter_in_reach(roc: int) -> None:
    reader, sender = pair()
    header, body = sealed(sender, roc << 16 | 7)
    assert header + reader.open(header, body) == rtp(7 | roc << 16)


def test_a_counter_out_of_reach_must_be_stated() -> None:
    for stated in (1000, 1001, 999 - GUESSED_ROCS + 2):
        reader, sender = pair(roc=stated)
        assert reader.open(*sealed(sender, 1000 << 16 | 5))
    reader, sender = pair()
    with pytest.raises(AuthenticationError):
        reader.open(*sealed(sender, 1000 << 16 | 5))


def test_a_wrong_key_is_not_searched_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = LayerReader(SrtpContext(7, *keys(7, 50)))
    sender, searched = SrtpContext(7, *keys(7)), 0
    rocs = reader._rocs

    def counted(last):
        nonlocal searched
        searched += 1
        return rocs(last)

    monkeypatch.setattr(LayerReader, "_rocs", lambda self, last: counted(last))
    for n in range(3 * PATIENCE):
        with pytest.raises(AuthenticationError):
            reader.open(*sealed(sender, n))
    assert searched == PATIENCE


def test_damage_now_and_then_leaves_the_search_alive() -> None:
    reader, sender = pair()
    for n in range(3 * PATIENCE):
        header, body = sealed(sender, n)
        with pytest.raises(AuthenticationError):
            reader.open(header, body[:-1] + bytes((body[-1] ^ 1,)))
        reader.open(header, body)
    assert reader.open(*sealed(sender, 70000 + 50000))


def test_a_repeat_is_a_repeat() -> None:
    reader, sender = pair()
    one, two = sealed(sender, 1), sealed(sender, 2)
    reader.open(*one)
    reader.open(*two)
    for packet in (one, two):
        with pytest.raises(ReplayError):
            reader.open(*packet)


@pytest.mark.parametrize("profile", [1, 2, 7, 8])
def test_the_mki_is_cut_out_where_its_profile_has_it(profile: int) -> None:
    reader, sender = pair(profile, mki=4)
    row = SRTP_PROFILES[profile]
    tag = 0 if row.cipher == "aes-gcm" else row.rtp_tag
    wire = sender.protect(rtp(1))
    end = len(wire) - tag
    header, body = wire[:12], wire[12:end] + b"\1\2\3\4" + wire[end:]
    assert header + reader.open(header, body) == rtp(1)
    srtcp = sender.protect_rtcp(rtcp())
    end = len(srtcp) - (row.rtcp_tag if tag else 0)
    assert reader.open_rtcp(srtcp[:end] + b"\1\2\3\4" + srtcp[end:]) == rtcp()


@pytest.mark.parametrize("data", [b"", b"12", b"1234567"])
def test_too_short_for_an_mki(data: bytes) -> None:
    assert len(without_mki(data, 8, 4)) <= len(data)
    reader, _ = pair(1, mki=8)
    with pytest.raises(CryptoError):
        reader.open(rtp(1)[:12], data)


def test_a_counter_that_jumps_is_told() -> None:
    reader, sender = pair()
    reader.open(*sealed(sender, 5))
    assert (reader.guessed, reader.context.opened >> 16) == (None, 0)
    reader.open(*sealed(sender, 1 << 16 | 6))
    assert (reader.guessed, reader.context.opened >> 16) == ((1, 0), 1)


def test_a_late_start_and_a_rollover_are_no_jumps() -> None:
    reader, sender = pair()
    for index in ((3 << 16) - 2, 3 << 16 | 1, (3 << 16) - 1, 3 << 16 | 2):
        reader.open(*sealed(sender, index))
        assert (reader.guessed, reader.context.opened >> 16) == (None, index >> 16)
