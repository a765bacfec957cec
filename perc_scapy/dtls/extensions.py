# SPDX-License-Identifier: BSD-3-Clause
"""Bodies of the hello extensions that the engine speaks. Strict: `DecodeError` only."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.dtls.cursor import Cursor, uint16_list, uint16_octets, vector


def encode_uint16_vector(values: tuple[int, ...]) -> bytes:
    """supported_groups and signature_algorithms: 16-bit values behind a two-octet length."""
    return vector(uint16_octets(values), 2, 2, 0xFFFE)


def decode_uint16_vector(data: bytes, what: str) -> tuple[int, ...]:
    cursor = Cursor(data, what)
    values = uint16_list(cursor.vector(2, 2, 0xFFFE, 2))
    cursor.end()
    return values


class UseSrtp(NamedTuple):
    """RFC 5764 4.1.1."""

    profiles: tuple[int, ...]
    mki: bytes = b""


def encode_use_srtp(value: UseSrtp) -> bytes:
    """Profiles in order of preference and the MKI."""
    return vector(uint16_octets(value.profiles), 2, 2, 0xFFFE) + vector(value.mki, 1)


def decode_use_srtp(data: bytes) -> UseSrtp:
    cursor = Cursor(data, "use_srtp")
    value = UseSrtp(uint16_list(cursor.vector(2, 2, 0xFFFE, 2)), cursor.vector(1, 0, 255))
    cursor.end()
    return value


def encode_ekt_ciphers(ciphers: tuple[int, ...]) -> bytes:
    """supported_ekt_ciphers of a ClientHello (RFC 8870 5.2.1)."""
    return vector(bytes(ciphers), 1, 1)


def decode_ekt_ciphers(data: bytes) -> tuple[int, ...]:
    cursor = Cursor(data, "supported_ekt_ciphers")
    ciphers = tuple(cursor.vector(1, 1, 255))
    cursor.end()
    return ciphers


def decode_selected_ekt_cipher(data: bytes) -> int:
    """supported_ekt_ciphers of a ServerHello: one octet without a length."""
    cursor = Cursor(data, "supported_ekt_ciphers")
    cipher = cursor.uint(1)
    cursor.end()
    return cipher


def encode_external_session_id(value: bytes) -> bytes:
    """RFC 8844 4.3: `session_id<20..255>`."""
    return vector(value, 1, 20)


def decode_external_session_id(data: bytes) -> bytes:
    cursor = Cursor(data, "external_session_id")
    value = cursor.vector(1, 20, 255)
    cursor.end()
    return value


def decode_point_formats(data: bytes) -> tuple[int, ...]:
    """ec_point_formats (RFC 8422 5.1.2)."""
    cursor = Cursor(data, "ec_point_formats")
    formats = tuple(cursor.vector(1, 1, 255))
    cursor.end()
    return formats


def decode_renegotiation_info(data: bytes) -> bytes:
    """renegotiated_connection (RFC 5746 3.2); empty in a first handshake."""
    cursor = Cursor(data, "renegotiation_info")
    value = cursor.vector(1, 0, 255)
    cursor.end()
    return value


def decode_empty_extension(data: bytes, what: str) -> None:
    """extended_master_secret (RFC 7627 5.1) and the server's session_ticket have no content."""
    Cursor(data, what).end()
