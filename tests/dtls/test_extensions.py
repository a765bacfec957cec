# SPDX-License-Identifier: GPL-2.0-only
"""Hello extensions: vectors, strictness."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.dtls import extensions as ext
from perc_scapy.dtls.extensions import UseSrtp
from perc_scapy.errors import DecodeError, EncodeError

VECTORS = {
    v["id"]: bytes.fromhex(v["ext"])
    for v in json.loads((Path(__file__).parents[1] / "vectors" / "media.json").read_text())[
        "vectors"
    ]
    if v["kind"] == "tls-extension"
}
DECODERS = {
    "use_srtp": (ext.decode_use_srtp, bytes.fromhex("0002 000a 02 abcd")),
    "ekt_ciphers": (ext.decode_ekt_ciphers, b"\2\2\1"),
    "selected_ekt_cipher": (ext.decode_selected_ekt_cipher, b"\2"),
    "external_session_id": (ext.decode_external_session_id, b"\x14" + b"a" * 20),
    "point_formats": (ext.decode_point_formats, b"\1\0"),
    "renegotiation_info": (ext.decode_renegotiation_info, b"\2ab"),
    "uint16_vector": (lambda d: ext.decode_uint16_vector(d, "groups"), b"\0\2\0\x17"),
    "empty": (lambda d: ext.decode_empty_extension(d, "empty"), b""),
}


@pytest.mark.req("DTL-01")
def test_use_srtp_bytes():
    """RFC 5764 4.1.1."""
    assert ext.encode_use_srtp(UseSrtp((0x000A, 0x0009))) == VECTORS["TLSEXT-srtp-ch"][4:]
    assert ext.encode_use_srtp(UseSrtp((0x0009,))) == VECTORS["TLSEXT-srtp-sh"][4:]
    assert ext.decode_use_srtp(VECTORS["TLSEXT-srtp-ch"][4:]) == UseSrtp((0x000A, 0x0009), b"")


@pytest.mark.req("EKT-22")
def test_supported_ekt_ciphers_bytes():
    """RFC 8870 5.2.1: a list with a length from the client, one octet without a length from the server."""
    assert ext.encode_ekt_ciphers((2, 1)) == VECTORS["TLSEXT-ekt-ch"][4:]
    assert ext.decode_ekt_ciphers(VECTORS["TLSEXT-ekt-ch"][4:]) == (2, 1)
    assert ext.decode_selected_ekt_cipher(VECTORS["TLSEXT-ekt-sh"][4:]) == 1


def test_external_session_id_bytes():
    """RFC 8844 4.3."""
    wire = bytes.fromhex("14 6162633364653635636464656630303162653832")
    assert ext.encode_external_session_id(b"abc3de65cddef001be82") == wire
    assert ext.decode_external_session_id(wire) == b"abc3de65cddef001be82"
    for length in (19, 256):
        with pytest.raises(EncodeError):
            ext.encode_external_session_id(bytes(length))


@pytest.mark.parametrize("name", DECODERS)
def test_strict(name):
    decode, sample = DECODERS[name]
    decode(sample)
    for cut in range(len(sample)):
        with pytest.raises(DecodeError):
            decode(sample[:cut])
    with pytest.raises(DecodeError):
        decode(sample + b"\0")


@pytest.mark.parametrize(
    ("decode", "wire"),
    [
        (ext.decode_use_srtp, "0000 00"),
        (ext.decode_use_srtp, "0003 00090a 00"),
        (ext.decode_ekt_ciphers, "00"),
        (ext.decode_external_session_id, "13" + "61" * 19),
        (ext.decode_point_formats, "00"),
    ],
)
def test_bounds(decode, wire):
    with pytest.raises(DecodeError):
        decode(bytes.fromhex(wire))


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.binary(max_size=40))
def test_decoders_raise_decode_error_only(name, data):
    with contextlib.suppress(DecodeError):
        DECODERS[name][0](data)


def test_uint16_vector():
    assert ext.encode_uint16_vector((29, 23)) == bytes.fromhex("0004 001d 0017")
