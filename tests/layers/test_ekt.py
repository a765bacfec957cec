# SPDX-License-Identifier: GPL-2.0-only
"""EKT fields: layout, every refusal of RFC 8870 4.1, and agreement with `wire.peel_ekt`."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perc_scapy.errors import DecodeError
from perc_scapy.layers import EKTExtension, EKTField, EKTFull, EKTPlaintext, EKTShort, EKTUndefined
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.double import DoubleSRTP
from perc_scapy.layers.srtp_ekt import SRTPEKT, SRTPHMAC32EKT, SRTPHMAC80EKT
from perc_scapy.view.scapy_fields import FieldReader
from perc_scapy.wire import full_ekt_field, peel_ekt
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import VECTORS, octets

FULL = [n for n in VECTORS if n.startswith("EKT-AESKW")]


@pytest.mark.req("EKT-01")
def test_short_field_is_one_zero_octet():
    assert bytes(EKTShort()) == b"\0" == octets("EKT-short", "short_ekt_field")
    assert type(EKTField(b"\0")) is EKTShort
    assert agree(EKTShort, b"\0")
    assert not agree(EKTShort, b"\0\0")


@pytest.mark.req("EKT-02")
@pytest.mark.parametrize("name", FULL)
def test_full_field_layout(name):
    row, field = VECTORS[name], octets(name, "full_ekt_field")
    shown = EKTField(field)
    assert type(shown) is EKTFull
    assert agree(EKTFull, field)
    assert shown.ciphertext == octets(name, "ekt_ciphertext")
    assert (shown.spi, shown.epoch, shown.length) == (row["spi"], row["epoch"], len(field))
    built = EKTFull(ciphertext=shown.ciphertext, spi=row["spi"], epoch=row["epoch"])
    assert bytes(built) == field == full_ekt_field(shown.ciphertext, row["spi"], row["epoch"])
    assert encode(record(EKTFull, ciphertext=shown.ciphertext, spi=row["spi"])) == field


@pytest.mark.req("EKT-03")
@pytest.mark.parametrize("name", FULL)
def test_plaintext_layout(name):
    plain = EKTPlaintext(octets(name, "ekt_plaintext"))
    assert agree(EKTPlaintext, bytes(plain))
    assert plain.srtp_master_key == octets(name, "srtp_master_key")
    assert (plain.ssrc, plain.roc) == (int(VECTORS[name]["ssrc"], 16), VECTORS[name]["roc"])
    key = octets(name, "srtp_master_key")
    for text in (repr(plain), plain.show(dump=True), plain.summary()):
        assert key.hex() not in text


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize(
    "field",
    [
        "",
        "01",
        "aa01",
        "02",
        "000702",  # length 7 leaves no ciphertext
        "aabbccdd000602",
        "aa00010000ffff02",
        "000003",
        "000303",  # an extension without data
        "aa000503",  # length beyond the field
    ],
)
def test_fields_that_are_refused(field):
    field = bytes.fromhex(field)
    with pytest.raises(DecodeError):
        decode(EKTField, field)
    shown = EKTField(field)
    assert bytes(shown) == field
    assert shown.faults()


def test_largest_fields():
    for size, fits in ((251, True), (252, False)):
        field = bytes(size) + bytes(4) + (size + 7).to_bytes(2, "big") + b"\2"
        assert agree(EKTFull, field) is fits
    for size, fits in ((1024, True), (1025, False)):
        field = bytes(size) + (size + 3).to_bytes(2, "big") + b"\x80"
        assert agree(EKTExtension, field) is fits


@given(
    packet=st.binary(max_size=40), kind=st.sampled_from([0, 1, 2, 3, 255]), size=st.integers(0, 44)
)
@example(packet=b"", kind=2, size=7)
def test_one_reading_from_the_end(packet, kind, size):
    packet += size.to_bytes(2, "big") + bytes((kind,))
    try:
        before, peeled = peel_ekt(packet)
    except DecodeError:
        # The layer is given the field alone, so some start of the packet could only be refused too.
        for start in range(len(packet)):
            with pytest.raises(DecodeError):
                decode(EKTField, packet[start:])
        return
    strict = decode(EKTField, packet[len(before) :])
    assert strict.layer in (EKTShort, EKTFull, EKTExtension)
    assert strict.type == peeled.type
    if strict.layer is EKTFull:
        assert (strict.ciphertext, strict.spi, strict.epoch) == (
            peeled.ciphertext,
            peeled.spi,
            peeled.epoch,
        )


@given(st.binary(max_size=60))
def test_random_octets(field):
    shown = EKTField(field)
    assert bytes(shown) == field
    assert EKTField in shown
    assert agree(type(shown), field) in (True, False)


def test_type_1_is_named():
    assert type(EKTField(b"abc\1")) is EKTUndefined
    assert "no defined form" in EKTField(b"abc\1").summary()
    assert "EKT full spi 0x1234 epoch 0" in EKTField(octets(FULL[0], "full_ekt_field")).summary()


EDGES = (0, 1, 2, 7, 255)
SHORT_INPUTS = [bytes(t) for n in range(4) for t in product(EDGES, repeat=n)]
SHORT_INPUTS += [bytes((9, 0, 0, *t)) for n in (1, 2) for t in product(EDGES, repeat=n)]
SHORT_INPUTS += [bytes((9, 0, 0, 1, size, kind)) for size in (0, 5, 6, 7, 8) for kind in EDGES]
EVERY_LAYER = (EKTField, EKTShort, EKTFull, EKTExtension, EKTUndefined, EKTPlaintext, DoubleSRTP,
               SRTPEKT, SRTPHMAC80EKT, SRTPHMAC32EKT)  # fmt: skip


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("layer", EVERY_LAYER)
@pytest.mark.parametrize("head", [b"", b"\x80\0\0\5" + bytes(24)], ids=["alone", "behind"])
def test_up_to_six_octets_are_shown_in_every_way(layer, head):
    """Fields cut short have `Malformed` values where numbers would be."""
    for octets_ in SHORT_INPUTS:
        packet = layer(head + octets_)
        assert bytes(packet) == head + octets_
        assert packet.summary()
        assert packet.mysummary()
        assert packet.show(dump=True)
        assert repr(packet)
        packet.expert()
        tree = json.dumps(FieldReader().packet(packet))
        assert tree.startswith('{"layer"')
        json.loads(packet.json())


def test_numbers_cut_away_are_named_as_they_are():
    assert not isinstance(EKTFull(b"\2").spi, int)
    assert "malformed" in EKTField(b"\2").summary()
    assert "EKT full" in EKTField(b"\2").brief()
