# SPDX-License-Identifier: GPL-2.0-only
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.wire import (
    EktField,
    Ohb,
    classify,
    full_ekt_field,
    peel_ekt,
    peel_ohb,
    peel_padding,
    rtp_header_length,
    split_rtp,
)


def h(text: str) -> bytes:
    return bytes.fromhex(text)


# -- demultiplexing


@pytest.mark.req("DTL-03")
@pytest.mark.parametrize("first", range(256))
def test_first_octet(first: int) -> None:
    """RFC 7983 section 7, whole table."""
    table = [
        (0, 4, "stun"),
        (16, 20, "zrtp"),
        (20, 64, "dtls"),
        (64, 80, "turn"),
        (128, 192, "rtp"),
    ]
    expected = next((kind for low, end, kind in table if low <= first < end), "unknown")
    assert classify(bytes((first, 0)) + bytes(30)) == expected
    assert classify(bytes((first,))) == expected


@pytest.mark.req("DTL-03")
@pytest.mark.parametrize("second", range(256))
def test_rtcp_by_second_octet(second: int) -> None:
    """RFC 5761 section 4: packet types 192 to 223."""
    assert classify(bytes((0x80, second))) == ("rtcp" if 192 <= second <= 223 else "rtp")
    assert classify(bytes((0x16, second))) == "dtls"


def test_nothing_is_unknown() -> None:
    assert classify(b"") == "unknown"


# -- RTP header


HEADER = h("800f1234decafbadcafebabe")


@pytest.mark.parametrize(
    ("packet", "end", "csrc_end"),
    [
        (HEADER, 12, 12),
        (HEADER + b"payload", 12, 12),
        (b"\x82" + HEADER[1:] + bytes(8) + b"x", 20, 20),
        (b"\x8f" + HEADER[1:] + bytes(60), 72, 72),
        (b"\x90" + HEADER[1:] + h("bede0000"), 16, 12),
        (b"\x90" + HEADER[1:] + h("bede000110aa0000") + b"x", 20, 12),
        (b"\x91" + HEADER[1:] + bytes(4) + h("10000000") + b"x", 20, 16),
        (b"\xb0" + HEADER[1:] + h("bede0000") + b"\0\0\3", 16, 12),
    ],
)
def test_rtp_extent(packet: bytes, end: int, csrc_end: int) -> None:
    parts = split_rtp(packet)
    assert rtp_header_length(packet) == end
    assert (parts.header, parts.body, parts.csrc_end) == (packet[:end], packet[end:], csrc_end)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        HEADER[:11],
        b"\x00" + HEADER[1:],
        b"\x40" + HEADER[1:],
        b"\xc0" + HEADER[1:],
        b"\x81" + HEADER[1:],
        b"\x81" + HEADER[1:] + bytes(3),
        b"\x90" + HEADER[1:],
        b"\x90" + HEADER[1:] + bytes(3),
        b"\x90" + HEADER[1:] + h("bede0001"),
        b"\x90" + HEADER[1:] + h("bedeffff") + bytes(1000),
        b"\x91" + HEADER[1:] + bytes(7),
    ],
)
def test_rtp_cut_short_or_of_another_version(packet: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        split_rtp(packet)
    assert caught.value.offset is not None
    assert caught.value.offset <= len(packet)


@given(st.binary(max_size=100))
def test_rtp_of_anything(data: bytes) -> None:
    try:
        parts = split_rtp(data)
    except DecodeError:
        return
    assert parts.header + parts.body == data
    assert 12 <= parts.csrc_end <= len(parts.header)


# -- EKT field


@pytest.mark.req("EKT-01")
def test_short_field() -> None:
    assert peel_ekt(b"packet\0") == (b"packet", EktField(b"\0", 0))
    assert peel_ekt(b"\0") == (b"", EktField(b"\0", 0))


@pytest.mark.req("EKT-02")
@pytest.mark.parametrize("size", [1, 40, 56, 88, 251])
def test_full_field_round_trip(size: int) -> None:
    ciphertext = bytes(range(size))
    raw = full_ekt_field(ciphertext, 0x1234, 0xFFFE)
    assert raw == ciphertext + h("1234fffe") + (size + 7).to_bytes(2, "big") + b"\2"
    assert peel_ekt(b"srtp" + raw) == (b"srtp", EktField(raw, 2, ciphertext, 0x1234, 0xFFFE))


@pytest.mark.parametrize("size", [0, 252])
def test_a_ciphertext_that_does_not_fit(size: int) -> None:
    with pytest.raises(EncodeError):
        full_ekt_field(bytes(size), 1, 1)


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("kind", [3, 4, 100, 254, 255])
@pytest.mark.parametrize("size", [1, 5, 1024])
def test_extension_field(kind: int, size: int) -> None:
    raw = bytes(size) + (size + 3).to_bytes(2, "big") + bytes((kind,))
    rest, field = peel_ekt(b"srtp" + raw)
    assert rest == b"srtp"
    assert (field.raw, field.type, field.ciphertext) == (raw, kind, bytes(size))


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize(
    "tail",
    [
        "01",
        "6162000501",  # type 1 has no form, however well its length would fit
        "02",
        "0002",
        "000002",  # length 0
        "000602",  # shorter than its own fixed part
        "000702",  # no ciphertext
        "010302",  # 252 octets of ciphertext
        "ffff02",
        "03",
        "000003",
        "000303",  # no data
        "040403",  # 1025 octets of data
        "ffffff",
    ],
)
def test_no_boundary_is_known(tail: str) -> None:
    for before in (b"", bytes(2000)):
        if before or len(tail) < 6:
            with pytest.raises(DecodeError):
                peel_ekt(before + h(tail))


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("length", [47, 48, 49, 255])
def test_a_field_longer_than_the_packet(length: int) -> None:
    packet = bytes(40) + h("12340000") + length.to_bytes(2, "big") + b"\2"
    if length == 47:
        assert peel_ekt(packet)[0] == b""
    else:
        with pytest.raises(DecodeError):
            peel_ekt(packet)


def test_an_empty_packet_has_no_field() -> None:
    with pytest.raises(DecodeError):
        peel_ekt(b"")


@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([0, 1, 2, 3, 200, 255]),
    st.integers(0, 320),
)
def test_ekt_of_anything_is_cut_or_refused(data: bytes, kind: int, length: int) -> None:
    packet = data + length.to_bytes(2, "big") + bytes((kind,))
    try:
        rest, field = peel_ekt(packet)
    except DecodeError:
        assert kind != 0
        return
    assert rest + field.raw == packet
    assert field.type == kind
    if kind == 2:
        assert full_ekt_field(field.ciphertext, field.spi, field.epoch) == field.raw


# -- OHB


ALL = [
    Ohb(pt, seq, marker)
    for pt, seq, marker in itertools.product(
        (None, 0, 96, 127), (None, 0, 0x1234, 65535), (None, False, True)
    )
]


@pytest.mark.req("DBL-06")
@pytest.mark.parametrize("ohb", ALL, ids=str)
def test_ohb_round_trip(ohb: Ohb) -> None:
    encoded = ohb.encode()
    assert len(encoded) == 1 + (ohb.pt is not None) + 2 * (ohb.seq is not None)
    assert peel_ohb(b"inner" + encoded) == (b"inner", ohb)


@pytest.mark.req("DBL-05", "DBL-06")
@pytest.mark.parametrize(
    ("ohb", "octets"),
    [
        (Ohb(), "00"),
        (Ohb(pt=15), "0f02"),
        (Ohb(seq=0x1234), "123401"),
        (Ohb(marker=False), "04"),
        (Ohb(marker=True), "0c"),
        (Ohb(15, 0x1234, True), "0f12340f"),
        (Ohb(15, 0x1234, False), "0f123407"),
    ],
)
def test_ohb_octets(ohb: Ohb, octets: str) -> None:
    assert ohb.encode().hex() == octets


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize("config", range(256))
def test_every_config_octet(config: int) -> None:
    plain = b"tag" + h("0f1234") + bytes((config,))
    if config > 0x0F or config & 0x0C == 0x08:
        with pytest.raises(DecodeError):
            peel_ohb(plain)
        return
    rest, ohb = peel_ohb(plain)
    used = (config & 1) * 2 + (config >> 1 & 1)
    assert rest == plain[: -1 - used]
    assert ohb.marker == (bool(config & 8) if config & 4 else None)


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize("plain", ["", "01", "aa01", "02", "03", "aabb03", "8002", "ff123403"])
def test_ohb_cut_short_or_pt_above_127(plain: str) -> None:
    with pytest.raises(DecodeError):
        peel_ohb(h(plain))


@given(st.binary(max_size=40))
def test_ohb_of_anything(data: bytes) -> None:
    try:
        rest, ohb = peel_ohb(data)
    except DecodeError:
        return
    assert rest + ohb.encode() == data


# -- padding


@pytest.mark.parametrize(
    ("body", "payload", "padding"),
    [("aabb01", "aabb", "01"), ("aa000003", "aa", "000003"), ("0202", "", "0202")],
)
def test_padding_counts_itself(body, payload, padding):
    assert peel_padding(h(body)) == (h(payload), h(padding))


@pytest.mark.parametrize("body", ["", "00", "aabb04", "ff"])
def test_padding_that_does_not_fit(body):
    with pytest.raises(DecodeError):
        peel_padding(h(body))
