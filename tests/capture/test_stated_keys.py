# SPDX-License-Identifier: GPL-2.0-only
"""End-to-end keys that are stated: which one fits, and what they are called."""

import pytest

from perc_scapy.capture.stated_keys import StatedKeys, end_to_end, stated_sets
from perc_scapy.capture.statements import EktStatement, Scope, SrtpStatement
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.errors import AuthenticationError, ReplayError
from perc_scapy.wire import Ohb
from tests.capture.handmade import k
from tests.capture.webrtc import rtp


def master(first: int) -> MasterKey:
    return MasterKey(Key(bytes(range(first, first + 16))), Key(bytes(range(12))))


def statement(first: int, layer="end-to-end", **scope) -> SrtpStatement:
    return SrtpStatement(layer, 7, True, master(first), None, Scope(**scope))


def packet(sender: SrtpContext, index: int, ssrc: int = 5) -> SyntheticPacket:
    wire = sender.protect(rtp(index, ssrc), index=index)
    return SyntheticPacket(wire[:12], wire[12:], Ohb())


def test_the_key_that_fits_is_found_and_named() -> None:
    held = StatedKeys(7, [statement(1), statement(2), statement(3, ssrc=9)], master(4))
    for first, ssrc in ((2, 5), (1, 6), (3, 9), (4, 7), (2, 5)):
        sender = SrtpContext(7, *master(first))
        name, payload = held.open(packet(sender, 100 + ssrc + first + len(held._last), ssrc), 1)
        assert name == master(first).key.id
        assert payload.startswith(b"payload")


def test_scopes_keep_keys_from_other_streams_and_times() -> None:
    held = StatedKeys(7, [statement(1, ssrc=9), statement(1, from_packet=10, to_packet=20)])
    sender = SrtpContext(7, *master(1))
    for number in (9, 21):
        with pytest.raises(AuthenticationError):
            held.open(packet(sender, number, 5), number)
    assert held.open(packet(sender, 11, 5), 11)


def test_the_counter_goes_on_and_repeats_are_seen() -> None:
    held = StatedKeys(7, [statement(1, roc=40)])
    sender = SrtpContext(7, *master(1))
    first = packet(sender, 40 << 16 | 65535)
    assert held.open(first, 1)
    assert held.open(packet(sender, 41 << 16), 2)
    with pytest.raises(ReplayError):
        held.open(first, 3)


def test_what_is_stated_for_which_layer() -> None:
    everything = [statement(1), statement(2, "hop"), EktStatement(k(1)), EktStatement(k(2), 7)]
    assert end_to_end(everything, 7) == [everything[0]]
    assert end_to_end(everything, 8) == []
    assert stated_sets(everything, 9) == [k(1)]
    assert stated_sets(everything, 7) == [k(2)]
    assert not StatedKeys(7)
    assert StatedKeys(7, [], master(1))
