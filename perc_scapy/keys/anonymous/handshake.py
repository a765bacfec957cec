# SPDX-License-Identifier: GPL-2.0-only
"""Bodies of TLS and DTLS handshake messages without names: same length, same structure.

Randoms, key shares, tickets and everything that decryption needs stay; certificates, signatures (which would verify
under a certificate that somebody holds), server names and identifiers of calls go.
"""

from __future__ import annotations

from collections.abc import Callable

from perc_scapy.codes import ExtensionType, HandshakeType
from perc_scapy.keys.anonymous.der import anonymous_der
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

Rewrite = Callable[[bytes, Pseudonyms, bool], bytes]
"""(body, stand-ins, of DTLS) -> body of the same length."""
_TRUSTED_CA_KEYS, _USER_MAPPING, _SRP, _CACHED_INFO, _TRANSPARENCY_INFO = 3, 6, 12, 25, 52
_COMPRESSED_CERTIFICATE = 25
_NO_RESPONDERS = b"\1\0\0\0\0"
"""status_request of a client that trusts nobody in particular (RFC 6066 section 8)."""


def anonymous_body(kind: int, body: bytes, names: Pseudonyms, *, dtls: bool) -> bytes:
    """A message's body without names. Never raises; what cannot be read and may hold names becomes zeros."""
    rewrite = _BODIES.get(kind)
    return body if rewrite is None else _same_length(rewrite(body, names, dtls), body)


def may_name(kind: int) -> bool:
    """Whether a piece of such a message must not stay when the rest of it is missing."""
    return kind in _BODIES


def _same_length(new: bytes, old: bytes) -> bytes:
    return new if len(new) == len(old) else bytes(len(old))


# -- hellos


def _client_hello(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    at = _behind_vector(body, 34, 1)  # version, random; session id
    if dtls:
        at = _behind_vector(body, at, 1)
    at = _behind_vector(body, at, 2)
    return _extensions(body, _behind_vector(body, at, 1), names)


def _server_hello(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    at = _behind_vector(body, 34, 1) + 3  # version, random; session id; suite, compression
    return _extensions(body, at, names)


def _behind_vector(body: bytes, at: int, octets: int) -> int:
    return at + octets + int.from_bytes(body[at : at + octets], "big")


def _extensions(body: bytes, at: int, names: Pseudonyms) -> bytes:
    """`at`: where the length of the extensions stands."""
    if at >= len(body):
        return body[:at]
    out, at = [body[: at + 2]], at + 2
    while at < len(body):
        kind = int.from_bytes(body[at : at + 2], "big")
        end = _behind_vector(body, at + 2, 2)
        value = body[at + 4 : end]
        out += [body[at : at + 4], _extension(kind, value, names)]
        at = end
    return b"".join(out)


def _extension(kind: int, value: bytes, names: Pseudonyms) -> bytes:
    rewrite = _EXTENSIONS.get(kind)
    return value if rewrite is None else _same_length(rewrite(value, names), value)


def _server_name(value: bytes, names: Pseudonyms) -> bytes:
    """List length, type, name length, name (RFC 6066 section 3)."""
    return value[:5] + names.text(value[5:])


def _sized(value: bytes, names: Pseudonyms) -> bytes:
    """One octet of length, then an identifier (RFC 8844 sections 3, 4)."""
    return value[:1] + names.octets(value[1:])


def _list(value: bytes, names: Pseudonyms) -> bytes:
    return value[:2] + names.octets(value[2:])


def _status_request(value: bytes, names: Pseudonyms) -> bytes:
    return value if value == _NO_RESPONDERS else names.octets(value)


def _opaque(value: bytes, names: Pseudonyms) -> bytes:
    """For what may say who somebody is, in any form: user names, hashes of certificates, entries in public logs."""
    return names.octets(value)


def _authorities(value: bytes, names: Pseudonyms) -> bytes:
    """A list of distinguished names (RFC 5246 section 7.4.4, RFC 8446 section 4.2.4)."""
    out, at = [value[:2]], 2
    while at + 2 <= len(value):
        end = _behind_vector(value, at, 2)
        out += [value[at : at + 2], anonymous_der(value[at + 2 : end], names)]
        at = end
    return b"".join(out)


def _shared_keys(value: bytes, names: Pseudonyms) -> bytes:
    """Identities, each with the age of its ticket, and binders (RFC 8446 section 4.2.11)."""
    out, at, end = [value[:2]], 2, _behind_vector(value, 0, 2)
    while at + 2 <= end:
        after = _behind_vector(value, at, 2)
        out += [value[at : at + 2], names.octets(value[at + 2 : after]), value[after : after + 4]]
        at = after + 4
    out, at = [*out, value[end : end + 2]], end + 2
    while at < len(value):
        after = _behind_vector(value, at, 1)
        out += [value[at : at + 1], names.octets(value[at + 1 : after])]
        at = after
    return b"".join(out)


_EXTENSIONS: dict[int, Callable[[bytes, Pseudonyms], bytes]] = {
    ExtensionType.SERVER_NAME: _server_name,
    _TRUSTED_CA_KEYS: _list,
    ExtensionType.STATUS_REQUEST: _status_request,
    ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP: _opaque,
    _USER_MAPPING: _opaque,
    _SRP: _opaque,
    _CACHED_INFO: _opaque,
    _TRANSPARENCY_INFO: _opaque,
    ExtensionType.PRE_SHARED_KEY: _shared_keys,
    ExtensionType.EXTERNAL_ID_HASH: _sized,
    ExtensionType.EXTERNAL_SESSION_ID: _sized,
    ExtensionType.CERTIFICATE_AUTHORITIES: _authorities,
}


# -- certificates


def _certificate(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    """`certificate_list<0..2^24-1>` of `ASN.1Cert<1..2^24-1>` (RFC 5246 section 7.4.2)."""
    out, at = [body[:3]], 3
    while at + 3 <= len(body):
        end = _behind_vector(body, at, 3)
        out += [body[at : at + 3], anonymous_der(body[at + 3 : end], names)]
        at = end
    return b"".join(out)


def _certificate_request(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    """Types, signature algorithms, then the names of authorities (RFC 5246 section 7.4.4)."""
    at = _behind_vector(body, _behind_vector(body, 0, 1), 2)
    return body[:at] + _authorities(body[at:], names)


def _certificate_verify(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    return body[:4] + _signature(body[4:], names)


def _signature(value: bytes, names: Pseudonyms) -> bytes:
    """ECDSA's is DER (RFC 8422 section 5.4)."""
    return anonymous_der(value, names) if value[:1] == b"\x30" else names.octets(value)


def _server_key_exchange(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    """Public values of the exchange stay, the signature over them goes (RFC 5246 section 7.4.3, RFC 8422 5.4)."""
    curve = _behind_vector(body, 3, 1)
    group = _behind_vector(body, _behind_vector(body, _behind_vector(body, 0, 2), 2), 2)
    for at in (curve, group) if body[:1] == b"\x03" else (group,):
        for signature in (at + 4, at + 2):  # with its algorithm, or before TLS 1.2 without
            if at < len(body) and _behind_vector(body, signature - 2, 2) == len(body):
                return body[:signature] + _signature(body[signature:], names)
    return names.octets(body)


def _client_key_exchange(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    """Only an elliptic point stays, which is all that ECDHE sends: two octets of length begin a PSK identity (RFC 4279
    section 2, RFC 5489 section 2), an encrypted secret or a public value, and no key log needs any of them.
    """
    if _behind_vector(body, 0, 1) == len(body):
        return body
    end = _behind_vector(body, 0, 2)
    return body[:2] + names.octets(body[2:end]) + body[end:]


def _naming(body: bytes, names: Pseudonyms, dtls: bool) -> bytes:
    return names.octets(body)


_BODIES: dict[int, Rewrite] = {
    HandshakeType.CLIENT_HELLO: _client_hello,
    HandshakeType.SERVER_HELLO: _server_hello,
    HandshakeType.CLIENT_KEY_EXCHANGE: _client_key_exchange,
    HandshakeType.CERTIFICATE: _certificate,
    HandshakeType.SERVER_KEY_EXCHANGE: _server_key_exchange,
    HandshakeType.CERTIFICATE_REQUEST: _certificate_request,
    HandshakeType.CERTIFICATE_VERIFY: _certificate_verify,
    HandshakeType.CERTIFICATE_URL: _naming,
    HandshakeType.CERTIFICATE_STATUS: _naming,  # an OCSP answer names the certificate
    HandshakeType.SUPPLEMENTAL_DATA: _naming,  # user mappings (RFC 4681)
    _COMPRESSED_CERTIFICATE: _naming,
}
