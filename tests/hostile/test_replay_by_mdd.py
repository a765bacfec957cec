# SPDX-License-Identifier: GPL-2.0-only
"""An MDD that replays end-to-end packets under fresh outer layers, and lies about what nothing authenticates."""

from __future__ import annotations

import pytest

from perc_scapy.crypto.ekt_sources import MAX_KEYS, RETIRED, ReceivedKey, Retired
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import CryptoError
from perc_scapy.wire import full_ekt_field, peel_ekt
from tests.crypto.media import make_receiver, make_sender
from tests.crypto.support import HOP1, HOP2, context, rtp


class Mdd:
    """Opens the first hop of everything it gets and can seal it again for the second, any number of times."""

    def __init__(self) -> None:
        self.sender, self.receiver = (
            make_sender(full_interval=0.0, hold=0.0),
            make_receiver(hop=HOP2),
        )
        self._up = context(7, *HOP1)

    def take(self, seq: int, now: float = 0.0) -> tuple[bytes, bytes]:
        """(outer plain packet, full EKT field) of the sender's next packet."""
        srtp, field = peel_ekt(self.sender.protect(rtp(seq=seq), now))
        return self._up.unprotect(srtp), field.raw

    def give(self, plain: bytes, field: bytes, now: float = 0.0) -> bytes | None:
        """RTP that the receiver makes of it, over a hop whose keys were just changed."""
        down = context(7, *HOP2)
        self.receiver.outer = context(7, *HOP2)
        try:
            return self.receiver.unprotect(down.protect(plain) + field, now).rtp
        except CryptoError:
            return None


def with_epoch(raw: bytes, epoch: int) -> bytes:
    field = peel_ekt(bytes(12) + raw)[1]
    return full_ekt_field(field.ciphertext, field.spi, epoch)


@pytest.mark.req("R8871-12")
@pytest.mark.parametrize("epoch", [0, 1, 190, 0xFFFF])
def test_another_epoch_for_a_key_held_makes_no_fresh_replay_list(epoch: int) -> None:
    mdd = Mdd()
    plain, field = mdd.take(1)
    assert mdd.give(plain, field) == rtp(seq=1)
    assert mdd.give(plain, with_epoch(field, epoch)) is None
    assert mdd.give(*mdd.take(2)) == rtp(seq=2), "the lie did no lasting harm"


@pytest.mark.req("R8871-12")
def test_a_key_that_fell_off_the_list_does_not_come_back_under_a_higher_epoch() -> None:
    mdd = Mdd()
    plain, field = mdd.take(1)
    assert mdd.give(plain, field) == rtp(seq=1)
    for number in range(2, 3 + MAX_KEYS):
        mdd.sender.ekt.rekey(float(number))
        mdd.take(100 + 2 * number, float(number))  # announces it; the next packet runs it
        assert mdd.give(*mdd.take(101 + 2 * number, number + 0.5), now=number + 0.5)
    assert mdd.give(plain, with_epoch(field, 0xFFFF)) is None
    mdd.sender.ekt.rekey(50.0)
    mdd.take(200, 50.0)
    assert mdd.give(*mdd.take(201, 50.5), now=50.5) == rtp(seq=201)


def test_the_memory_of_such_keys_is_bounded() -> None:
    retired = Retired()
    keys = [
        ReceivedKey(n, 1, 0, MasterKey(Key(bytes(16)), Key(bytes(12)))) for n in range(RETIRED + 2)
    ]
    for key in keys:
        retired.add(key)
    assert [key in retired for key in (*keys[:3], keys[-1])] == [False, False, True, True]
