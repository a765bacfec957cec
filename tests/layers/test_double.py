# SPDX-License-Identifier: GPL-2.0-only
"""Double SRTP packets, their outer plaintext and the OHB: vectors, every config octet, `wire.peel_ohb`."""

from __future__ import annotations

import itertools

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import *  # noqa: F403  names that eval(command()) needs
from perc_scapy.layers import OHB, DoublePlaintext, DoubleSRTP, EKTFull, EKTShort, RTPHeader
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.wire import Ohb, peel_ekt, peel_ohb, split_rtp
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import VECTORS, octets

WIRE_FULL = octets("EKT-on-double-128", "wire_full")
WIRE_SHORT = octets("EKT-on-double-128", "wire_short")
RELAYED = [n for n, v in VECTORS.items() if "outer_plaintext_hop2" in v]
SETS = list(itertools.product((None, 15), (None, 0x1234), (None, False, True)))


def test_packet_with_a_full_field():
    assert agree(DoubleSRTP, WIRE_FULL)
    shown, double = DoubleSRTP(WIRE_FULL), octets("DBL-128-plain", "wire")
    assert shown[EKTFull].spi == 0x1234
    assert shown.ciphertext + shown.outer_tag == split_rtp(double).body
    assert RTPHeader in shown
    assert bytes(eval(shown.command())) == WIRE_FULL
    assert shown.summary().endswith("/ EKT full spi 0x1234 epoch 0")


def test_packet_with_a_short_field():
    assert agree(DoubleSRTP, WIRE_SHORT)
    assert EKTShort in DoubleSRTP(WIRE_SHORT)
    assert bytes(DoubleSRTP(WIRE_SHORT).ekt) == b"\0"


@pytest.mark.parametrize("name", ["NEG-EKT-len_short"])
def test_a_field_whose_length_lies(name):
    packet = octets(name, "wire")
    assert not agree(DoubleSRTP, packet)
    assert "length 6 does not fit" in DoubleSRTP(packet).summary()


def test_every_truncation_is_total():
    for length in range(len(WIRE_FULL)):
        agree(DoubleSRTP, WIRE_FULL[:length])


@given(
    st.binary(max_size=90), st.sampled_from([b"\0", b"\1", b"\0\x08\2", b"\0\4\3", b"\xff\xff\2"])
)
def test_a_packet_is_accepted_when_wire_can_cut_it(middle, end):
    packet = b"\x80" + middle + end
    try:
        front, field = peel_ekt(packet)
        fits = len(split_rtp(front).body) >= 16
    except DecodeError:
        fits = False
    assert agree(DoubleSRTP, packet) is fits
    if fits:
        assert decode(DoubleSRTP, packet).ekt == field.raw


@pytest.mark.req("DBL-06")
@pytest.mark.parametrize("name", RELAYED)
def test_outer_plaintext_of_a_relayed_packet(name):
    header, body, _ = split_rtp(octets(name, "outer_plaintext_hop2"))
    row = VECTORS[name]
    assert agree(DoublePlaintext, body)
    shown, ohb = DoublePlaintext(body), octets(name, "ohb")
    assert bytes(shown.ohb) == ohb
    # The original header, put together from the OHB, opens the inner layer.
    first, second = header[0], header[1]
    if shown.ohb.M:
        second = second & 0x7F | shown.ohb.B << 7
    if shown.ohb.P:
        second = second & 0x80 | shown.ohb.payload_type
    number = shown.ohb.sequence_number.to_bytes(2, "big") if shown.ohb.Q else header[2:4]
    original = bytes((first, second)) + number + header[4:]
    assert original.hex() == row["synthetic_header"]
    assert len(shown.inner_ciphertext) == len(bytes.fromhex(row["payload"]))


def test_outer_layer_opens_to_the_plaintext():
    row = VECTORS["DBL-128-plain"]
    packet = DoubleSRTP(octets("DBL-128-plain", "wire") + b"\0")
    key = bytes.fromhex("988fbd05c2cb758e759aa3e588414c0f")  # session key of the outer half
    sealed = packet.ciphertext + packet.outer_tag
    plain = AESGCM(key).decrypt(
        bytes.fromhex(row["outer_iv"]), sealed, octets("DBL-128-plain", "outer_aad")
    )
    shown = DoublePlaintext(plain)
    assert shown.inner_ciphertext + shown.inner_tag == octets("DBL-128-plain", "inner_ct_tag")
    assert bytes(shown.ohb) == b"\0"


@pytest.mark.req("DBL-06")
@pytest.mark.parametrize(("pt", "seq", "marker"), SETS)
def test_every_presence_set(pt, seq, marker):
    expected = Ohb(pt, seq, marker).encode()
    given = {} if marker is None else {"M": 1, "B": int(marker)}
    given |= {} if pt is None else {"payload_type": pt}
    given |= {} if seq is None else {"sequence_number": seq}
    assert bytes(OHB(**given)) == expected == encode(record(OHB, **given))
    assert agree(OHB, expected)


@pytest.mark.req("DBL-06", "DBL-07")
@pytest.mark.parametrize(
    "front", [b"", b"\x0f", b"\x12\x34", b"\x0f\x12\x34", b"\xff\x12\x34", b"1234"]
)
def test_every_config_octet_as_wire_reads_it(front):
    for config in range(256):
        block = front + bytes((config,))
        try:
            before, ohb = peel_ohb(block)
        except DecodeError:
            assert not agree(OHB, block)
            continue
        # The layer is given the block alone: octets in front of it are refused.
        assert agree(OHB, block) is (before == b"")
        shown = OHB(block[len(before) :])
        assert (shown.payload_type, shown.sequence_number) == (ohb.pt, ohb.seq)
        assert (bool(shown.B) if shown.M else None) == ohb.marker


@pytest.mark.req("DBL-07")
def test_what_a_sender_may_not_write():
    for wrong in ({"B": 1}, {"payload_type": 128}, {"reserved": 1}, {"P": 1, "payload_type": 300}):
        with pytest.raises(EncodeError):
            encode(record(OHB, **wrong))
    assert "B is set without M" in OHB(b"\x08").summary()


@given(st.binary(max_size=60))
def test_random_plaintexts(body):
    agree(DoublePlaintext, body)
    agree(OHB, body[:5])


def test_an_unchanged_block_says_so():
    assert OHB(b"\0").summary() == "OHB unchanged"
    assert OHB(bytes.fromhex("0f12340f")).summary() == "OHB pt 15, seq 4660, marker 1"
