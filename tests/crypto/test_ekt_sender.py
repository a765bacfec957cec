# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import EktParameters, EktPlaintext, EktSender, Key, unwrap
from perc_scapy.errors import CryptoError, KeyExhaustedError, LocalError
from perc_scapy.wire import EktField, peel_ekt
from tests.crypto.support import SSRC, VECTORS, h, octets

FIRST = EktParameters(0x1234, 1, Key(octets(0xE0, 16)), Key(octets(0xA0, 12)), 86400)
SECOND = EktParameters(0x1235, 1, Key(octets(0xD0, 16)), Key(octets(0xC0, 14)), 86400)
K0, K1, K2 = (octets(n, 16) for n in (0x10, 0x30, 0x50))


def sender(**options: object) -> EktSender:
    made = iter(range(0x60, 0xFF))
    given = {
        "key_length": 16,
        "now": 0.0,
        "master_key": K0,
        "random": lambda n: octets(next(made), n),
    }
    return EktSender(FIRST, **(given | options))


def read(field: bytes, parameters: EktParameters = FIRST) -> tuple[EktField, EktPlaintext | None]:
    parsed = peel_ekt(field)[1]
    if parsed.type == 0:
        return parsed, None
    return parsed, EktPlaintext.decode(unwrap(parameters.key, parsed.ciphertext))


def kinds(source: EktSender, times: list[float], ssrc: int = SSRC) -> str:
    return "".join("F" if len(source.field(ssrc, 0, now)) > 1 else "s" for now in times)


def ticks(start: int, count: int) -> list[float]:
    """20 ms steps added up as floats, as a media loop does."""
    times, now = [], 0.0
    for step in range(start + count):
        if step >= start:
            times.append(now)
        now += 0.02
    return times


@pytest.mark.req("EKT-02", "EKT-03")
def test_first_field_is_the_vector() -> None:
    field = sender().field(SSRC, 0, 0.0)
    assert field.hex() == VECTORS["EKT-AESKW128-mk128-roc0"]["full_ekt_field"]


@pytest.mark.req("EKT-05")
def test_256_bit_field_is_the_vector() -> None:
    v = VECTORS["EKT-AESKW256-mk256-roc0"]
    strong = EktParameters(v["spi"], 2, Key(h(v["ekt_key"])), Key(octets(0xA0, 12)), 10)
    source = EktSender(
        strong, key_length=32, random=bytes, now=0, master_key=h(v["srtp_master_key"])
    )
    assert source.field(SSRC, 0, 0.0).hex() == v["full_ekt_field"]


# -- schedule


@pytest.mark.req("EKT-15", "EKT-01")
def test_three_full_then_short_then_one_full_every_100_ms() -> None:
    assert kinds(sender(), ticks(0, 23)) == "FFFssssFssssFssssFssssF"


@pytest.mark.req("EKT-15")
def test_interval_is_configurable_and_time_based() -> None:
    source = sender(full_interval=0.5)
    assert kinds(source, [0.0, 0.01, 0.02, 0.03, 0.51, 0.52, 0.53, 1.1, 1.2, 9.0]) == "FFFssFsFsF"


@pytest.mark.req("EKT-15")
@given(st.lists(st.floats(0, 0.05), min_size=1, max_size=100))
def test_no_two_full_fields_are_farther_apart_than_the_interval_and_one_packet(
    gaps: list[float],
) -> None:
    source, now, last = sender(), 0.0, 0.0
    for gap in gaps:
        now += gap
        if len(source.field(SSRC, 0, now)) > 1:
            last = now
        assert now - last < 0.1


@pytest.mark.req("EKT-15")
def test_each_ssrc_has_its_own_schedule() -> None:
    source = sender()
    assert kinds(source, [0.0, 0.0, 0.0, 0.0], ssrc=1) == "FFFs"
    assert kinds(source, [0.01, 0.01, 0.01, 0.01], ssrc=2) == "FFFs"
    for ssrc in (3, 4):
        assert read(source.field(ssrc, 0, 0.0))[1].ssrc == ssrc


@pytest.mark.req("EKT-03", "EKT-14")
def test_roc_in_the_field_is_that_of_the_packet() -> None:
    source = sender()
    assert read(source.field(SSRC, 41, 0.0))[1] == EktPlaintext(Key(K0), SSRC, 41)
    assert read(source.field(SSRC, 42, 0.02))[1].roc == 42
    assert source.epoch == 0


# -- re-key


@pytest.mark.req("EKT-13", "EKT-15", "EKT-16")
def test_rekey_announces_at_once_and_protects_250_ms_later() -> None:
    source = sender()
    kinds(source, ticks(0, 10))
    source.rekey(0.2, K1)
    assert source.epoch == 1
    log = []
    for now in ticks(10, 20):
        old = source.master(now, SSRC)
        field, plain = read(source.field(SSRC, 0, now))
        assert source.master(now, SSRC) is old
        log.append(("F" if plain else "s", old.key == K1))
        if plain:
            assert (plain.key, field.epoch) == (K1, 1)
    assert "".join(kind for kind, _new in log) == "FFFssssFssssFssssFss"
    # The first announcement is at tick 10 = 200 ms; the old key protects before 450 ms, the new one after.
    assert [new for _kind, new in log] == [False] * 13 + [True] * 7
    assert source.master(0.6).salt == FIRST.salt


@pytest.mark.req("EKT-16")
def test_hold_counts_from_the_first_announcement_not_from_the_decision() -> None:
    source = sender()
    source.field(SSRC, 0, 0.0)
    source.rekey(1.0, K1)
    assert source.master(9.0, SSRC).key == K0
    source.field(SSRC, 0, 10.0)
    assert source.master(10.24, SSRC).key == K0
    assert source.master(10.25, SSRC).key == K1


@pytest.mark.req("EKT-16")
def test_hold_is_configurable() -> None:
    source = sender(hold=0.0)
    source.field(SSRC, 0, 0.0)
    source.rekey(1.0, K1)
    source.field(SSRC, 0, 1.0)
    assert source.master(1.0, SSRC).key == K1


@pytest.mark.req("EKT-16")
def test_a_key_that_nobody_heard_is_not_used() -> None:
    source = sender()
    source.rekey(0.0, K1)
    assert source.master(0.0, SSRC).key == K1
    assert read(source.field(SSRC, 0, 0.0))[1].key == K1


@pytest.mark.req("EKT-16")
def test_keys_in_a_row_each_get_their_250_ms() -> None:
    source = sender()
    source.field(SSRC, 0, 0.0)
    for when, key in ((1.0, K1), (1.1, K2)):
        source.rekey(when, key)
        source.field(SSRC, 0, when)
    used = [bytes(source.master(1.0 + n / 100, SSRC).key) for n in range(40)]
    assert used == [K0] * 25 + [K1] * 10 + [K2] * 5


@pytest.mark.req("EKT-16")
def test_a_new_ssrc_does_not_wait() -> None:
    source = sender()
    source.field(1, 0, 0.0)
    source.rekey(1.0, K1)
    source.field(1, 0, 1.0)
    assert source.master(1.1, 1).key == K0
    assert source.master(1.1, 2).key == K1
    source.field(2, 0, 1.1)
    assert source.master(1.1, 2).key == K1
    assert source.master(1.1).key == K0


# -- new EKT key


@pytest.mark.req("EKT-17", "EKT-16", "R8871-20", "R8871-22")
def test_new_ekt_key_means_new_master_key_epoch_0_and_the_old_salt_for_a_while() -> None:
    source = sender()
    source.field(SSRC, 0, 0.0)
    source.rekey(0.1, K1)
    source.field(SSRC, 0, 0.1)
    source.set_parameters(SECOND, 5.0)
    assert (source.spi, source.epoch) == (SECOND.spi, 0)
    field, plain = read(source.field(SSRC, 0, 5.0), SECOND)
    assert (field.spi, field.epoch) == (SECOND.spi, 0)
    assert plain.key not in (K0, K1)
    assert source.master(5.24, SSRC) == (K1, FIRST.salt)
    assert source.master(5.25, SSRC) == (plain.key, SECOND.salt[:12])
    assert kinds(source, [5.3, 5.31, 5.32]) == "FFs"


@pytest.mark.req("EKT-17")
def test_the_same_parameters_again_change_nothing() -> None:
    source = sender()
    source.field(SSRC, 0, 0.0)
    ends = source.expires_at
    source.set_parameters(FIRST, 50.0)
    assert (source.master(50.0, SSRC).key, source.epoch, source.expires_at) == (K0, 0, ends)
    assert kinds(source, [50.0, 50.01, 50.02]) == "FFs"


def test_another_set_under_the_spi_in_use_is_refused() -> None:
    source = sender()
    with pytest.raises(CryptoError):
        source.set_parameters(EktParameters(FIRST.spi, 1, SECOND.key, SECOND.salt, 9), 1.0)
    assert source.master(1.0).key == K0


@pytest.mark.req("EKT-12")
def test_a_longer_salt_is_cut_and_a_shorter_refused() -> None:
    source = sender()
    source.set_parameters(SECOND, 0.0)
    assert source.master(0.0).salt == octets(0xC0, 12)
    with pytest.raises(CryptoError):
        source.set_parameters(EktParameters(9, 1, SECOND.key, Key(bytes(11)), 9), 1.0)
    assert source.spi == SECOND.spi


@pytest.mark.req("EKT-05")
def test_a_weaker_ekt_cipher_than_srtp_cipher_is_refused() -> None:
    with pytest.raises(CryptoError):
        EktSender(FIRST, key_length=32, random=bytes, now=0.0)


@pytest.mark.req("EKT-17", "R8871-20")
def test_master_keys_are_random_and_distinct() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return octets(len(asked), count)

    source = EktSender(FIRST, key_length=16, random=random, now=0.0)
    keys = {source.master(0.0).key}
    for step in range(3):
        source.rekey(float(step))
        keys.add(source.master(0.0).key)
    source.set_parameters(SECOND, 9.0)
    keys.add(source.master(9.0).key)
    assert len(keys) == 5
    assert asked == [16] * 5


def test_a_master_key_of_another_length_is_our_error() -> None:
    with pytest.raises(LocalError):
        sender(master_key=bytes(15))
    with pytest.raises(LocalError):
        sender().rekey(0.0, bytes(32))


# -- limits


@pytest.mark.req("EKT-18")
def test_ttl_ends_all_use() -> None:
    source = EktSender(
        EktParameters(1, 1, FIRST.key, FIRST.salt, 60), key_length=16, random=bytes, now=100.0
    )
    assert source.expires_at == 160.0
    assert kinds(source, [100.0, 110.0, 159.99]) == "FFF"
    for now in (160.0, 160.01, 1000.0):
        with pytest.raises(KeyExhaustedError):
            source.field(SSRC, 0, now)
    source.set_parameters(SECOND, 170.0)
    assert read(source.field(SSRC, 0, 170.0), SECOND)[0].spi == SECOND.spi


@pytest.mark.req("EKT-18")
def test_the_2_to_48th_encryption_is_the_last() -> None:
    source = sender(encryptions=2**48 - 2)
    first = source.field(SSRC, 0, 0.0)
    assert source.encryptions == 2**48 - 1
    # The same field again is no encryption (RFC 8870 section 4.4), a new ROC or key is one.
    assert source.field(SSRC, 0, 0.02) == first
    assert source.encryptions == 2**48 - 1
    assert read(source.field(SSRC, 1, 0.04))[1].roc == 1
    assert source.encryptions == 2**48
    assert source.field(SSRC, 1, 1.0)
    with pytest.raises(KeyExhaustedError):
        source.field(SSRC, 2, 2.0)
    source.rekey(3.0)
    with pytest.raises(KeyExhaustedError):
        source.field(SSRC, 1, 3.0)
    source.set_parameters(SECOND, 4.0)
    assert source.encryptions == 0
    assert len(source.field(SSRC, 2, 4.0)) == 47
    assert source.encryptions == 1


def test_one_encryption_serves_every_repeat() -> None:
    source = sender()
    fields = {source.field(SSRC, 0, now) for now in ticks(0, 200)}
    assert len(fields) == 2
    assert source.encryptions == 1


@pytest.mark.req("EKT-13")
def test_epochs_end_at_65535() -> None:
    source = sender()
    for count in range(1, 65536):
        source.rekey(0.0, K1)
        assert source.epoch == count
    assert peel_ekt(source.field(SSRC, 0, 0.0))[1].epoch == 65535
    with pytest.raises(KeyExhaustedError):
        source.rekey(0.0)
    source.set_parameters(SECOND, 1.0)
    source.rekey(1.0)
    assert source.epoch == 1
