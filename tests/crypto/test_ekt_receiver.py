# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import EktParameters, EktPlaintext, EktReceiver, Key, wrap
from perc_scapy.crypto import ekt_receiver as module
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    UnknownSpiError,
)
from perc_scapy.wire import EktField, full_ekt_field, peel_ekt
from tests.crypto.states import state
from tests.crypto.support import SSRC, VECTORS, h, octets
from tests.crypto.test_ekt_sender import FIRST, K0, K1, K2, SECOND

SHORT = EktField(b"\0", 0)


def receiver(*sets: EktParameters, **options: int) -> EktReceiver:
    made = EktReceiver(**({"key_length": 16} | options))
    for parameters in sets or (FIRST,):
        made.add_parameters(parameters, 0.0)
    return made


def full(
    key: bytes,
    epoch: int = 0,
    *,
    roc: int = 0,
    ssrc: int = SSRC,
    parameters: EktParameters = FIRST,
    spi: int | None = None,
) -> EktField:
    ciphertext = wrap(parameters.key, EktPlaintext(Key(key), ssrc, roc).encode())
    return peel_ekt(full_ekt_field(ciphertext, parameters.spi if spi is None else spi, epoch))[1]


def learn(target: EktReceiver, field: EktField, now: float = 0.0) -> None:
    """A packet with this field authenticates under the field's key."""
    target.commit(target.candidates(SSRC, field, now)[0], now)


def keys(target: EktReceiver, field: EktField = SHORT, now: float = 0.0) -> list[bytes]:
    return [bytes(c.master.key) for c in target.candidates(SSRC, field, now)]


@pytest.mark.req("EKT-12", "EKT-14", "R8871-20")
def test_a_full_field_gives_key_salt_and_roc() -> None:
    target = receiver()
    field = peel_ekt(h(VECTORS["EKT-AESKW128-mk128-roc0"]["full_ekt_field"]))[1]
    (found,) = target.candidates(SSRC, field, 0.0)
    assert (found.master.key, found.master.salt) == (K0, FIRST.salt)
    assert (found.spi, found.epoch, found.roc) == (0x1234, 0, 0)
    assert target.candidates(SSRC, full(K0, roc=42), 0.0)[0].roc == 42


def test_nothing_is_stored_before_commit() -> None:
    target = receiver()
    before = state(target)
    for field in (full(K0), full(K1, 3), SHORT, EktField(b"xx\0\5\xff", 255, b"xx")):
        target.candidates(SSRC, field, 0.0)
        assert state(target) == before
    assert keys(target) == []
    learn(target, full(K0))
    assert keys(target) == [K0]


@pytest.mark.req("EKT-12")
def test_salt_comes_from_the_spi_and_is_cut_to_12() -> None:
    target = receiver(FIRST, SECOND)
    assert target.candidates(SSRC, full(K0, parameters=SECOND), 0.0)[0].master.salt == octets(
        0xC0, 12
    )
    assert len(SECOND.salt) == 14
    assert target.candidates(SSRC, full(K0), 0.0)[0].master.salt == FIRST.salt
    with pytest.raises(CryptoError):
        target.add_parameters(EktParameters(8, 1, FIRST.key, Key(bytes(11)), 9), 0.0)


# -- refusals


@pytest.mark.req("EKT-07")
def test_unknown_spi() -> None:
    target = receiver()
    learn(target, full(K0))
    before = state(target)
    with pytest.raises(UnknownSpiError):
        target.candidates(SSRC, full(K1, 1, spi=0x9999), 0.0)
    negative = peel_ekt(h(VECTORS["NEG-EKT-spi_unknown"]["wire"]))[1]
    with pytest.raises(UnknownSpiError):
        target.candidates(SSRC, negative, 0.0)
    assert state(target) == before


@pytest.mark.req("EKT-08", "EKT-19")
def test_ct_bitflip() -> None:
    target = receiver()
    learn(target, full(K0))
    before, raw = state(target), full(K1, 1).raw
    for position in range(8 * 40):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(AuthenticationError):
            target.candidates(SSRC, peel_ekt(bytes(changed))[1], 0.0)
    assert state(target) == before
    assert keys(target) == [K0]


@pytest.mark.req("EKT-09")
def test_ssrc_mismatch_discards_only_the_field() -> None:
    target = receiver()
    assert target.candidates(SSRC, full(K1, 1, ssrc=SSRC ^ 1), 0.0) == []
    learn(target, full(K0))
    assert keys(target, full(K1, 1, ssrc=SSRC ^ 1)) == [K0]
    assert keys(target) == [K0]


@pytest.mark.req("EKT-10")
@pytest.mark.parametrize("length", [1, 8, 15, 17, 24, 32, 64, 231])
def test_another_key_length_aborts(length: int) -> None:
    target = receiver()
    learn(target, full(K0))
    with pytest.raises(AuthenticationError):
        target.candidates(SSRC, full(bytes(length), 1), 0.0)
    assert keys(target) == [K0]


@pytest.mark.req("EKT-10")
def test_a_16_octet_key_does_not_fit_the_256_bit_double() -> None:
    strong = EktParameters(3, 2, Key(octets(0, 32)), Key(octets(1, 12)), 9)
    target = receiver(strong, key_length=32)
    with pytest.raises(AuthenticationError):
        target.candidates(SSRC, full(octets(1, 16), parameters=strong), 0.0)
    assert len(target.candidates(SSRC, full(octets(1, 32), parameters=strong), 0.0)) == 1


@pytest.mark.req("EKT-10", "EKT-19")
@pytest.mark.parametrize(
    "plain",
    [b"\x10" + bytes(23), b"\0" + bytes(8), b"\x11" + bytes(24), b"\x0f" + bytes(24), b"\1"],
)
def test_a_length_octet_that_lies(plain: bytes) -> None:
    target = receiver()
    field = peel_ekt(full_ekt_field(wrap(FIRST.key, plain), FIRST.spi, 0))[1]
    with pytest.raises(AuthenticationError):
        target.candidates(SSRC, field, 0.0)


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("kind", [3, 4, 33, 128, 254, 255])
def test_extension_fields_are_ignored(kind: int) -> None:
    target = receiver()
    raw = full(K1, 1).raw[:-3] + h("002f") + bytes((kind,))
    assert target.candidates(SSRC, peel_ekt(raw)[1], 0.0) == []
    learn(target, full(K0))
    assert keys(target, peel_ekt(raw)[1]) == [K0]


@given(
    st.binary(max_size=120),
    st.sampled_from([b"", b"\0\x2f\2", b"\x12\x34\0\0\0\x2f\2", b"\2", b"\0"]),
)
def test_any_field(data: bytes, tail: bytes) -> None:
    target = receiver()
    try:
        field = peel_ekt(data + tail)[1]
        assert target.candidates(SSRC, field, 0.0) == []
    except (DecodeError, CryptoError):
        pass


# -- epochs


@pytest.mark.req("EKT-13")
def test_epoch_rules() -> None:
    target = receiver()
    learn(target, full(K0, 5))
    assert keys(target, full(K0, 5)) == [K0]  # a repeat
    assert keys(target, full(K0, 5, roc=9)) == [K0]  # a repeat after the ROC moved on
    assert keys(target, full(K1, 5)) == [K0]  # another key for the same epoch
    assert keys(target, full(K1, 4)) == [K0]  # an older epoch
    assert keys(target, full(K1, 6)) == [K1, K0]
    learn(target, full(K1, 6))
    assert keys(target, full(K0, 5)) == [
        K0,
        K1,
    ]  # an old field repeats a key still held, it is not installed anew
    assert keys(target, full(K0, 6)) == [K1, K0]
    assert keys(target, full(K2, 5)) == [K1, K0]
    assert keys(target, full(K2, 0)) == [K1, K0]


@pytest.mark.req("EKT-13", "R8871-23")
def test_a_new_spi_starts_again_at_0() -> None:
    target = receiver(FIRST, SECOND)
    learn(target, full(K0, 7))
    learn(target, full(K1, 0, parameters=SECOND))
    assert keys(target) == [K1, K0]
    assert keys(target, full(K2, 6)) == [K1, K0]
    assert keys(target, full(K2, 8)) == [K2, K1, K0]
    assert keys(target, full(K2, 0, parameters=SECOND)) == [K1, K0]


@pytest.mark.req("EKT-13")
def test_epochs_count_per_ssrc() -> None:
    target = receiver()
    learn(target, full(K0, 7))
    assert len(target.candidates(9, full(K1, 0, ssrc=9), 0.0)) == 1


def test_a_repeat_needs_no_unwrapping(monkeypatch: pytest.MonkeyPatch) -> None:
    target = receiver()
    learn(target, full(K0))
    calls = []
    real = module.unwrap
    monkeypatch.setattr(module, "unwrap", lambda *a: calls.append(1) or real(*a))
    for _ in range(3):
        (candidate,) = target.candidates(SSRC, full(K0), 0.0)
        assert candidate.roc == 0
    assert calls == []
    target.candidates(SSRC, full(K1, 1), 0.0)
    assert calls == [1]


# -- announcements


@pytest.mark.req("EKT-16", "EKT-20")
def test_an_announced_key_is_kept_beside_the_old_one() -> None:
    target = receiver()
    learn(target, full(K0))
    new, old = target.candidates(SSRC, full(K1, 1), 0.0)
    target.announce(new, 0.0)
    target.commit(old, 0.0)
    assert keys(target) == [K1, K0]
    assert target.ssrcs() == [SSRC]
    assert keys(target, full(K2, 1)) == [
        K2,
        K1,
        K0,
    ]  # epoch 1 is not proven: both claims may be tried
    target.commit(target.candidates(SSRC, SHORT, 0.0)[0], 0.0)
    assert keys(target, full(K2, 1)) == [K1, K0]


def test_announcements_are_kept_side_by_side_and_bounded() -> None:
    target = receiver(FIRST, SECOND)
    learn(target, full(K0))
    for epoch in range(1, 50):
        target.announce(target.candidates(SSRC, full(octets(epoch, 16), epoch), 0.0)[0], 0.0)
    newest = [octets(epoch, 16) for epoch in (49, 48, 47, 46)]
    assert keys(target) == [*newest, K0]
    target.announce(target.candidates(SSRC, full(octets(48, 16), 48), 0.0)[0], 0.0)
    assert keys(target) == [*newest, K0]
    target.announce(target.candidates(SSRC, full(K2, 0, parameters=SECOND), 0.0)[0], 0.0)
    assert keys(target) == [K2, *newest[:3], K0]


@pytest.mark.req("EKT-13")
def test_a_proven_key_voids_other_claims_to_its_epoch_only() -> None:
    """An older key, announced in time, may still protect packets that were overtaken on the way."""
    target = receiver(FIRST, SECOND)
    for epoch, key in ((1, K0), (2, K1), (2, K2)):
        target.announce(target.candidates(SSRC, full(key, epoch), 0.0)[0], 0.0)
    target.announce(target.candidates(SSRC, full(K2, 2, parameters=SECOND), 0.0)[0], 0.0)
    assert keys(target) == [K2, K2, K1, K0]
    learn(target, full(K1, 2))
    assert keys(target) == [K2, K1, K0]
    assert keys(target, full(octets(9, 16), 1)) == [K2, K1, K0]


def test_a_forged_announcement_of_a_high_epoch_blocks_nobody() -> None:
    """Any member may make one for any SSRC; only a packet under it would move the epoch on."""
    target = receiver()
    learn(target, full(K0))
    target.announce(target.candidates(SSRC, full(K2, 65535), 0.0)[0], 0.0)
    learn(target, full(K1, 1))
    assert K1 in keys(target)
    assert keys(target, full(K1, 1))[0] == K1


def test_an_unproven_ssrc_is_not_listed() -> None:
    target = receiver()
    target.announce(target.candidates(SSRC, full(K0), 0.0)[0], 0.0)
    assert target.ssrcs() == []
    assert keys(target) == [K0]


# -- parameter sets


@pytest.mark.req("EKT-18")
def test_ttl_ends_the_use_of_a_set() -> None:
    target = receiver(EktParameters(1, 1, FIRST.key, FIRST.salt, 60), SECOND)
    field = peel_ekt(full_ekt_field(full(K0).ciphertext, 1, 0))[1]
    learn(target, field, 59.9)
    assert target.spis(59.9) == [1, SECOND.spi]
    assert target.spis(60.0) == [SECOND.spi]
    for now in (60.0, 61.0):
        with pytest.raises(UnknownSpiError):
            target.candidates(SSRC, field, now)
    assert keys(target, SHORT, 61.0) == [K0]  # the SRTP master key is not the EKT key


@pytest.mark.req("EKT-18")
def test_a_repeated_set_does_not_live_longer_nor_again() -> None:
    short = EktParameters(1, 1, FIRST.key, FIRST.salt, 60)
    target = receiver(short)
    target.add_parameters(short, 50.0)
    assert target.spis(61.0) == []
    target.add_parameters(short, 70.0)
    assert target.spis(70.0) == []
    other = EktParameters(1, 1, SECOND.key, SECOND.salt, 60)
    target.add_parameters(other, 70.0)
    assert target.spis(70.0) == [1]


def test_one_spi_names_one_set() -> None:
    target = receiver()
    with pytest.raises(CryptoError):
        target.add_parameters(EktParameters(FIRST.spi, 1, SECOND.key, SECOND.salt, 9), 1.0)
    assert keys(target, full(K0)) == [K0]


def test_weak_sets_are_refused() -> None:
    with pytest.raises(CryptoError):
        receiver(FIRST, key_length=32)


def test_a_reused_spi_forgets_the_old_epochs() -> None:
    target = receiver(EktParameters(1, 1, FIRST.key, FIRST.salt, 60))
    learn(target, peel_ekt(full_ekt_field(full(K0).ciphertext, 1, 9))[1])
    new = EktParameters(1, 1, SECOND.key, SECOND.salt, 60)
    target.add_parameters(new, 100.0)
    assert keys(target, full(K1, 0, parameters=new), 100.0) == [K1, K0]


@pytest.mark.req("R8871-25")
def test_sets_are_kept_and_bounded() -> None:
    target = EktReceiver(key_length=16)
    sets = [EktParameters(n, 1, Key(octets(n, 16)), FIRST.salt, 999) for n in range(40)]
    for parameters in sets:
        target.add_parameters(parameters, 0.0)
    assert target.spis(0.0) == list(range(40 - module.MAX_PARAMETERS, 40))
    assert keys(target, full(K0, parameters=sets[39])) == [K0]
    with pytest.raises(UnknownSpiError):
        target.candidates(SSRC, full(K0, parameters=sets[0]), 0.0)


@pytest.mark.req("R8871-17", "R8871-18")
def test_list_of_ssrcs_and_leaving() -> None:
    target = receiver()
    learn(target, full(K0))
    other = target.candidates(5, full(K1, ssrc=5), 0.0)[0]
    target.commit(other, 0.0)
    assert target.ssrcs() == [SSRC, 5]
    assert keys(target) == [K0]
    target.clear()
    assert target.ssrcs() == []
    assert keys(target) == []
    assert target.spis(0.0) == []
    with pytest.raises(UnknownSpiError):
        target.candidates(SSRC, full(K0), 0.0)
