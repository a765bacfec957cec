# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.codes import EktCipher
from perc_scapy.crypto import EKT_CIPHERS, EktParameters, EktPlaintext, Key, unwrap, wrap
from perc_scapy.crypto.ekt import MAX_MASTER_KEY, check_strength
from perc_scapy.errors import AuthenticationError, CryptoError, DecodeError, EncodeError
from perc_scapy.wire import full_ekt_field, peel_ekt
from tests.crypto.support import (
    PUBLIC,
    VECTORS,
    h,
    needs_libcrypto,
    octets,
    of_kind,
    openssl_unwrap,
    openssl_wrap,
)

KEKS = st.sampled_from([octets(0xE0, 16), octets(0xC0, 32)])


# -- key wrap


@pytest.mark.req("EKT-04")
@pytest.mark.parametrize(
    "name", ["R5649-a", "R5649-b", "LSRTP-KWP-1-128", "LSRTP-KWP-23-128", "LSRTP-KWP-60-256"]
)
def test_key_wrap_with_padding_vector(name: str) -> None:
    v = PUBLIC[name]
    plain = h(v.get("key") or v["plaintext"])
    assert wrap(h(v["kek"]), plain).hex() == v["wrap"]
    assert unwrap(h(v["kek"]), h(v["wrap"])) == plain


@pytest.mark.req("EKT-04")
@pytest.mark.parametrize("name", ["R3394-4.1", "R3394-4.6"])
def test_plain_key_wrap_is_not_taken_for_ours(name: str) -> None:
    """RFC 3394 output has another initial value: RFC 5649 unwrapping must refuse it."""
    v = PUBLIC[name]
    assert len(wrap(h(v["kek"]), h(v["key"]))) == len(h(v["wrap"]))
    with pytest.raises(AuthenticationError):
        unwrap(h(v["kek"]), h(v["wrap"]))


@needs_libcrypto
@pytest.mark.req("EKT-04")
@given(KEKS, st.binary(min_size=1, max_size=251))
def test_openssl_wraps_and_unwraps_alike(kek: bytes, plain: bytes) -> None:
    wrapped = wrap(kek, plain)
    assert wrapped == openssl_wrap(kek, plain)
    assert openssl_unwrap(kek, wrapped) == unwrap(kek, wrapped) == plain
    assert len(wrapped) == 8 * -(-len(plain) // 8) + 8


@pytest.mark.req("EKT-04")
@pytest.mark.parametrize(("key", "wrapped", "field"), [(16, 40, 47), (32, 56, 63), (64, 88, 95)])
def test_sizes(key: int, wrapped: int, field: int) -> None:
    ciphertext = wrap(octets(0, 16), EktPlaintext(Key(bytes(key)), 1, 2).encode())
    assert len(ciphertext) == wrapped
    assert len(full_ekt_field(ciphertext, 1, 0)) == field


@pytest.mark.req("EKT-04", "EKT-08")
@pytest.mark.parametrize("size", [1, 7, 8, 9, 25, 41])
def test_every_changed_bit_and_every_cut_is_refused(size: int) -> None:
    kek = octets(0xE0, 16)
    wrapped = wrap(kek, octets(1, size))
    for position in range(8 * len(wrapped)):
        changed = bytearray(wrapped)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(AuthenticationError):
            unwrap(kek, bytes(changed))
    for length in range(len(wrapped)):
        with pytest.raises(AuthenticationError):
            unwrap(kek, wrapped[:length])
    with pytest.raises(AuthenticationError):
        unwrap(octets(0xE1, 16), wrapped)


def _wrapped_with(kek: bytes, initial: bytes, padded: bytes) -> bytes:
    """RFC 3394 wrapping, by hand, of any initial value: what a sender with a broken RFC 5649 would make."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    encrypt = Cipher(algorithms.AES(kek), modes.ECB()).encryptor().update
    blocks, a = [padded[i : i + 8] for i in range(0, len(padded), 8)], initial
    for step in range(6 * len(blocks)):
        out = encrypt(a + blocks[step % len(blocks)])
        a = (int.from_bytes(out[:8], "big") ^ step + 1).to_bytes(8, "big")
        blocks[step % len(blocks)] = out[8:]
    return a + b"".join(blocks)


@pytest.mark.req("EKT-04")
def test_wrong_initial_value_length_or_padding_is_refused() -> None:
    kek, good = octets(0xE0, 16), h("a65959a6") + (25).to_bytes(4, "big")
    padded = octets(1, 25) + bytes(7)
    assert unwrap(kek, _wrapped_with(kek, good, padded)) == octets(1, 25)
    wrong = [
        (h("a65959a7") + good[4:], padded),
        (good[:4] + (24).to_bytes(4, "big"), padded),  # MLI must exceed 8 (n - 1)
        (good[:4] + (33).to_bytes(4, "big"), padded),
        (good[:4] + bytes(4), padded),
        (good[:4] + b"\xff\xff\xff\xff", padded),
        *((good, padded[:i] + b"\1" + padded[i + 1 :]) for i in range(25, 32)),
    ]
    for initial, data in wrong:
        with pytest.raises(AuthenticationError):
            unwrap(kek, _wrapped_with(kek, initial, data))


@given(st.binary(max_size=300))
def test_unwrap_of_anything(data: bytes) -> None:
    with pytest.raises(AuthenticationError):
        unwrap(octets(0xE0, 16), data)


def test_nothing_to_wrap() -> None:
    with pytest.raises(EncodeError):
        wrap(octets(0, 16), b"")


# -- plaintext and field


@pytest.mark.req("EKT-02", "EKT-03", "EKT-05")
@pytest.mark.parametrize("vector", of_kind("ekt-full"))
def test_full_field_vector(vector: dict) -> None:
    kek, key = h(vector["ekt_key"]), Key(h(vector["srtp_master_key"]))
    plain = EktPlaintext(key, int(vector["ssrc"], 16), vector["roc"])
    assert bytes(plain.encode()).hex() == vector["ekt_plaintext"]
    ciphertext = wrap(kek, plain.encode())
    assert ciphertext.hex() == vector["ekt_ciphertext"]
    field = full_ekt_field(ciphertext, vector["spi"], vector["epoch"])
    assert field.hex() == vector["full_ekt_field"]
    assert int.from_bytes(field[-3:-1], "big") == len(field) == vector["length"]
    rest, read = peel_ekt(b"packet" + field)
    assert rest == b"packet"
    assert (read.raw, read.type, read.spi, read.epoch) == (field, 2, vector["spi"], vector["epoch"])
    assert EktPlaintext.decode(unwrap(kek, read.ciphertext)) == plain


@pytest.mark.req("EKT-01", "EKT-02")
def test_fields_on_a_packet_vector() -> None:
    v, plain = VECTORS["EKT-on-double-128"], VECTORS["DBL-128-plain"]["wire"]
    short, full = peel_ekt(h(v["wire_short"])), peel_ekt(h(v["wire_full"]))
    assert short[0].hex() == full[0].hex() == plain
    assert short[1].raw.hex() == VECTORS["EKT-short"]["short_ekt_field"]
    assert (
        unwrap(h(v["ekt_key"]), full[1].ciphertext).hex()
        == VECTORS["EKT-AESKW128-mk128-roc0"]["ekt_plaintext"]
    )


@pytest.mark.req("EKT-03")
@given(
    st.binary(min_size=1, max_size=MAX_MASTER_KEY),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
)
def test_plaintext_round_trip(key: bytes, ssrc: int, roc: int) -> None:
    plain = EktPlaintext(Key(key), ssrc, roc)
    assert len(plain.encode()) == len(key) + 9
    assert EktPlaintext.decode(plain.encode()) == plain


@pytest.mark.req("EKT-03", "EKT-10")
@given(st.binary(max_size=60))
def test_plaintext_of_anything(data: bytes) -> None:
    try:
        plain = EktPlaintext.decode(data)
    except DecodeError:
        assert len(data) < 10 or data[0] != len(data) - 9
    else:
        assert plain.encode() == data


@pytest.mark.parametrize("size", [0, MAX_MASTER_KEY + 1])
def test_a_key_that_fits_no_field(size: int) -> None:
    with pytest.raises(EncodeError):
        EktPlaintext(Key(bytes(size)), 1, 2).encode()


def test_the_longest_key_fits() -> None:
    ciphertext = wrap(octets(0, 16), EktPlaintext(Key(bytes(MAX_MASTER_KEY)), 1, 2).encode())
    assert peel_ekt(full_ekt_field(ciphertext, 0, 0))[1].ciphertext == ciphertext
    assert len(ciphertext) == 248


# -- earlier formats: RFC 8870 code must take no key from them


def _master_key_in(kek: bytes, packet: bytes) -> Key:
    return EktPlaintext.decode(unwrap(kek, peel_ekt(packet)[1].ciphertext)).key


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("name", ["EKT-2016-draft00", "EKT-2016-wg00", "EKT-2017-wg02-08"])
def test_legacy_fields_install_nothing(name: str) -> None:
    v = VECTORS[name]
    kek, field = h(v["ekt_key"]), h(v["full_ekt_field"])
    trailer = 2 if "spi15" in v else 5
    assert unwrap(kek, field[:-trailer]).hex() == v["ekt_plaintext"]  # the vector itself is sound
    with pytest.raises((DecodeError, AuthenticationError)):
        _master_key_in(kek, bytes(60) + field)


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("name", ["LSRTP-EKT-1", "LSRTP-EKT-2"])
def test_libsrtps_2016_tags(name: str) -> None:
    v, first = PUBLIC[name], PUBLIC["LSRTP-EKT-1"]
    kek, wire = h(first["ekt_key"]), h(v["wire"])
    plain = unwrap(kek, wire[-34:-2])
    assert plain[:20].hex() == first["ekt_plaintext"][:40]
    assert int.from_bytes(plain[20:], "big") == v["roc"]
    assert int.from_bytes(wire[-2:], "big") >> 1 == first["spi15"]
    # To RFC 8870 the last octet 0x21 is an extension whose length runs past the packet.
    with pytest.raises(DecodeError):
        peel_ekt(wire)


def test_libsrtps_short_tag_is_todays() -> None:
    rest, field = peel_ekt(h(PUBLIC["LSRTP-EKT-3-short"]["wire"]))
    assert (field.type, len(rest)) == (0, 38)


# -- parameter sets


@pytest.mark.req("EKT-05")
def test_ciphers() -> None:
    assert {
        (int(row.code), row.key_length, row.max_encryptions) for row in EKT_CIPHERS.values()
    } == {
        (1, 16, 2**48),
        (2, 32, 2**48),
    }


def test_parameters_hide_their_secrets() -> None:
    parameters = EktParameters(7, EktCipher.AESKW_128, octets(0x61, 16), octets(0x41, 12), 60)
    assert isinstance(parameters.key, Key)
    assert "abcd" not in repr(parameters)
    assert "ABCD" not in repr(parameters)


@pytest.mark.parametrize(
    ("spi", "cipher", "key", "salt", "ttl"),
    [
        (0, 0, 16, 12, 1),
        (0, 3, 16, 12, 1),
        (0, 1, 32, 12, 1),
        (0, 1, 15, 12, 1),
        (0, 2, 16, 12, 1),
        (0, 1, 16, 0, 1),
        (0, 1, 16, 257, 1),
        (65536, 1, 16, 12, 1),
        (-1, 1, 16, 12, 1),
        (0, 1, 16, 12, 1 << 24),
    ],
)
def test_unusable_parameters(spi: int, cipher: int, key: int, salt: int, ttl: int) -> None:
    with pytest.raises(DecodeError):
        EktParameters(spi, cipher, Key(bytes(key)), Key(bytes(salt)), ttl)


@pytest.mark.req("EKT-05", "EKT-12")
def test_strength() -> None:
    weak = EktParameters(1, 1, Key(bytes(16)), Key(bytes(12)), 9)
    strong = EktParameters(1, 2, Key(bytes(32)), Key(bytes(256)), 9)
    check_strength(weak, 16, 12)
    check_strength(strong, 32, 14)
    with pytest.raises(CryptoError):
        check_strength(weak, 32, 12)
    with pytest.raises(CryptoError):
        check_strength(weak, 16, 14)
