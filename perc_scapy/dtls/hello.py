# SPDX-License-Identifier: BSD-3-Clause
"""What the hellos negotiate: the client's offer, the server's choice, and what a client accepts as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from perc_scapy.codes import AlertDescription, ExtensionType, NamedGroup, SignatureScheme
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls import codec
from perc_scapy.dtls import extensions as ext
from perc_scapy.dtls.codec import ClientHello
from perc_scapy.dtls.config import DtlsConfig
from perc_scapy.dtls.signatures import OFFERED, KeyKind
from perc_scapy.errors import RemoteError

_EMPTY_RENEGOTIATION_INFO = b"\x00"
_UNCOMPRESSED_ONLY = b"\x01\x00"
_SCSV = 0x00FF
_DEFAULT_SCHEMES = (int(SignatureScheme.ECDSA_SHA1), int(SignatureScheme.RSA_PKCS1_SHA1))
"""RFC 5246 7.4.1.4.1: what a hello without signature_algorithms means. We sign with neither."""

# Plain integers: dictionary keys of the wire, compared on every hello.
SUPPORTED_GROUPS = int(ExtensionType.SUPPORTED_GROUPS)
EC_POINT_FORMATS = int(ExtensionType.EC_POINT_FORMATS)
SIGNATURE_ALGORITHMS = int(ExtensionType.SIGNATURE_ALGORITHMS)
USE_SRTP = int(ExtensionType.USE_SRTP)
EXTENDED_MASTER_SECRET = int(ExtensionType.EXTENDED_MASTER_SECRET)
SESSION_TICKET = int(ExtensionType.SESSION_TICKET)
SUPPORTED_EKT_CIPHERS = int(ExtensionType.SUPPORTED_EKT_CIPHERS)
EXTERNAL_SESSION_ID = int(ExtensionType.EXTERNAL_SESSION_ID)
RENEGOTIATION_INFO = int(ExtensionType.RENEGOTIATION_INFO)


def client_extensions(config: DtlsConfig) -> Mapping[int, bytes]:
    """Extensions of our ClientHello. Equal for equal configurations, so they are made once."""
    return _client_extensions(*_offer(config))


_Offer = tuple[tuple[int, ...], bool, bool, tuple[int, ...], tuple[int, ...], bytes | None]


def _offer(config: DtlsConfig) -> _Offer:
    return (
        tuple(config.groups),
        config.extended_master_secret,
        config.session_ticket,
        tuple(config.srtp_profiles),
        tuple(config.ekt_ciphers),
        config.external_session_id,
    )


@lru_cache(maxsize=64)
def _client_extensions(
    groups: tuple[int, ...],
    extended_master_secret: bool,
    session_ticket: bool,
    srtp_profiles: tuple[int, ...],
    ekt_ciphers: tuple[int, ...],
    external_session_id: bytes | None,
) -> Mapping[int, bytes]:
    offer = {
        RENEGOTIATION_INFO: _EMPTY_RENEGOTIATION_INFO,
        SUPPORTED_GROUPS: ext.encode_uint16_vector(groups),
        EC_POINT_FORMATS: _UNCOMPRESSED_ONLY,
        SIGNATURE_ALGORITHMS: ext.encode_uint16_vector(OFFERED),
    }
    if extended_master_secret:
        offer[EXTENDED_MASTER_SECRET] = b""
    if session_ticket:
        offer[SESSION_TICKET] = b""
    if srtp_profiles:
        offer[USE_SRTP] = ext.encode_use_srtp(ext.UseSrtp(srtp_profiles))
    if ekt_ciphers:
        offer[SUPPORTED_EKT_CIPHERS] = ext.encode_ekt_ciphers(ekt_ciphers)
    if external_session_id is not None:
        offer[EXTERNAL_SESSION_ID] = ext.encode_external_session_id(external_session_id)
    return MappingProxyType(offer)


@lru_cache(maxsize=64)
def _client_hello_rest(suites: tuple[int, ...], *offer: Any) -> bytes:
    return codec.encode_hello_rest(suites, b"\x00", _client_extensions(*offer))


def client_hello_rest(config: DtlsConfig) -> bytes:
    """Octets of our ClientHello behind the cookie."""
    return _client_hello_rest(tuple(config.cipher_suites), *_offer(config))


@dataclass(slots=True)
class ServerAnswer:
    """What a ServerHello settled."""

    extended_master_secret: bool = False
    session_ticket: bool = False
    srtp_profile: int | None = None
    ekt_cipher: int | None = None
    external_session_id: bytes | None = None


def read_server_extensions(config: DtlsConfig, answer: Mapping[int, bytes]) -> ServerAnswer:
    """Check the answer against our offer. Raises `RemoteError`, `DecodeError`."""
    if not answer.keys() <= client_extensions(config).keys():
        raise RemoteError("extension not offered", AlertDescription.UNSUPPORTED_EXTENSION)
    result = ServerAnswer(EXTENDED_MASTER_SECRET in answer, SESSION_TICKET in answer)
    _check_fixed(answer)
    if USE_SRTP in answer:
        result.srtp_profile = _selected_profile(config, answer[USE_SRTP])
    if SUPPORTED_EKT_CIPHERS in answer:
        cipher = ext.decode_selected_ekt_cipher(answer[SUPPORTED_EKT_CIPHERS])
        result.ekt_cipher = _offered(cipher, config.ekt_ciphers)
    if EXTERNAL_SESSION_ID in answer:
        result.external_session_id = ext.decode_external_session_id(answer[EXTERNAL_SESSION_ID])
    require(config, result.srtp_profile, result.ekt_cipher)
    return result


def _check_fixed(answer: Mapping[int, bytes]) -> None:
    for kind in (EXTENDED_MASTER_SECRET, SESSION_TICKET):
        ext.decode_empty_extension(answer.get(kind, b""), f"extension {kind}")
    renegotiation = answer.get(RENEGOTIATION_INFO, _EMPTY_RENEGOTIATION_INFO)
    if ext.decode_renegotiation_info(renegotiation):  # RFC 5746 3.4
        raise RemoteError("renegotiation_info not empty", AlertDescription.HANDSHAKE_FAILURE)


def _selected_profile(config: DtlsConfig, data: bytes) -> int:
    """RFC 5764 4.1.1: exactly one of those offered, and no MKI, as we send none."""
    value = ext.decode_use_srtp(data)
    if len(value.profiles) != 1 or value.mki:
        raise RemoteError("use_srtp answer not acceptable", AlertDescription.ILLEGAL_PARAMETER)
    return _offered(value.profiles[0], config.srtp_profiles)


def _offered(value: int, offer: tuple[int, ...]) -> int:
    if value not in offer:
        raise RemoteError("server chose what was not offered", AlertDescription.ILLEGAL_PARAMETER)
    return value


def require(config: DtlsConfig, srtp_profile: int | None, ekt_cipher: int | None) -> None:
    """Refuse before any key exists. Raises `RemoteError` (handshake_failure, RFC 5764 4.1.1)."""
    if config.require_srtp and srtp_profile is None:
        raise RemoteError("no common SRTP profile", AlertDescription.HANDSHAKE_FAILURE)
    if config.require_ekt and ekt_cipher is None:
        raise RemoteError("no common EKT cipher", AlertDescription.HANDSHAKE_FAILURE)


@dataclass(slots=True)
class ClientOffer:
    """A ClientHello as a server sees it."""

    groups: tuple[int, ...]
    schemes: tuple[int, ...]
    srtp_profiles: tuple[int, ...]
    ekt_ciphers: tuple[int, ...]
    external_session_id: bytes | None
    extended_master_secret: bool
    renegotiation_info: bool


def read_client_offer(hello: ClientHello) -> ClientOffer:
    """Decode the extensions that count. Raises `DecodeError`, `RemoteError`."""
    found = hello.extensions
    if EXTENDED_MASTER_SECRET in found:
        ext.decode_empty_extension(found[EXTENDED_MASTER_SECRET], "extended_master_secret")
    renegotiation = found.get(RENEGOTIATION_INFO)
    if renegotiation is not None and ext.decode_renegotiation_info(renegotiation):
        raise RemoteError("renegotiation_info not empty", AlertDescription.HANDSHAKE_FAILURE)
    if EC_POINT_FORMATS in found and 0 not in ext.decode_point_formats(found[EC_POINT_FORMATS]):
        raise RemoteError("no uncompressed points", AlertDescription.ILLEGAL_PARAMETER)
    return ClientOffer(
        groups=_values(found, SUPPORTED_GROUPS, (int(NamedGroup.SECP256R1),)),
        schemes=_values(found, SIGNATURE_ALGORITHMS, _DEFAULT_SCHEMES),
        srtp_profiles=ext.decode_use_srtp(found[USE_SRTP]).profiles if USE_SRTP in found else (),
        ekt_ciphers=(
            ext.decode_ekt_ciphers(found[SUPPORTED_EKT_CIPHERS])
            if SUPPORTED_EKT_CIPHERS in found
            else ()
        ),
        external_session_id=(
            ext.decode_external_session_id(found[EXTERNAL_SESSION_ID])
            if EXTERNAL_SESSION_ID in found
            else None
        ),
        extended_master_secret=EXTENDED_MASTER_SECRET in found,
        renegotiation_info=renegotiation is not None or _SCSV in hello.cipher_suites,
    )


def _values(found: Mapping[int, bytes], kind: int, default: tuple[int, ...]) -> tuple[int, ...]:
    return ext.decode_uint16_vector(found[kind], f"extension {kind}") if kind in found else default


@dataclass(slots=True)
class Choice:
    """What our server takes from an offer."""

    suite: int
    group: int
    srtp_profile: int | None
    ekt_cipher: int | None
    extended_master_secret: bool


def choose_from(
    config: DtlsConfig, kind: KeyKind, hello: ClientHello, offer: ClientOffer
) -> Choice:
    """Our preferences decide. Raises `RemoteError` (handshake_failure) when there is nothing in common."""
    usable = (c for c in config.cipher_suites if CIPHER_SUITES[c].authentication == kind)
    suite = _first(usable, hello.cipher_suites)
    group = _first(config.groups, offer.groups)
    if suite is None or group is None:
        raise RemoteError("no common suite or group", AlertDescription.HANDSHAKE_FAILURE)
    profile = _first(config.srtp_profiles, offer.srtp_profiles)
    cipher = _first(config.ekt_ciphers, offer.ekt_ciphers)
    require(config, profile, cipher)
    extended = config.extended_master_secret and offer.extended_master_secret
    return Choice(int(suite), int(group), profile, cipher, extended)


def _first(ours: object, theirs: tuple[int, ...]) -> int | None:
    return next((value for value in ours if value in theirs), None)  # type: ignore[attr-defined]


def server_extensions(config: DtlsConfig, offer: ClientOffer, choice: Choice) -> dict[int, bytes]:
    """Extensions of our ServerHello: answers only to what was asked (RFC 5246 7.4.1.4)."""
    answer: dict[int, bytes] = {}
    if offer.renegotiation_info:
        answer[RENEGOTIATION_INFO] = _EMPTY_RENEGOTIATION_INFO
    if choice.extended_master_secret:
        answer[EXTENDED_MASTER_SECRET] = b""
    if choice.srtp_profile is not None:
        answer[USE_SRTP] = ext.encode_use_srtp(ext.UseSrtp((choice.srtp_profile,)))
    if choice.ekt_cipher is not None:
        answer[SUPPORTED_EKT_CIPHERS] = bytes((choice.ekt_cipher,))
    if config.external_session_id is not None and offer.external_session_id is not None:
        answer[EXTERNAL_SESSION_ID] = ext.encode_external_session_id(config.external_session_id)
    return answer
