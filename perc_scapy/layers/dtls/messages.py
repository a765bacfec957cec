# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages other than hellos and key exchange (RFC 5246 7.4, RFC 5077, RFC 6066, RFC 8870)."""

from __future__ import annotations

from perc_scapy.codes import CertificateStatusType, ClientCertificateType, SignatureScheme
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, U24, U32, Fixed, Opaque, Rest, Vector

ANY = 0xFFFF
LONG = 0xFFFFFF
SCHEME = SignatureScheme.ECDSA_SECP256R1_SHA256
TYPES = Vector("certificate_types", U8(enum=ClientCertificateType), min=1, max=255, default=(64,))
AUTHORITIES = Vector(
    "certificate_authorities", Opaque("distinguished_name", min=1, max=ANY), max=ANY
)


class DTLSNewSessionTicket(PercPacket):
    """A ticket to resume with; the hint is in seconds (RFC 5077 3.3)."""

    name = "DTLS NewSessionTicket"
    fields_desc = (U32("ticket_lifetime_hint"), Opaque("ticket", max=ANY))


class DTLSCertificate(PercPacket):
    """A chain of DER certificates, the sender's first; a client without one sends an empty list."""

    name = "DTLS Certificate"
    fields_desc = (Vector("certificates", Opaque("certificate", min=1, max=LONG), max=LONG),)


class DTLSCertificateRequest(PercPacket):
    """What certificates the server takes (RFC 5246 7.4.4)."""

    name = "DTLS CertificateRequest"
    fields_desc = (
        TYPES,
        Vector(
            "signature_algorithms",
            U16(enum=SignatureScheme),
            min=2,
            max=ANY - 1,
            default=(SCHEME,),
        ),
        AUTHORITIES,
    )


class DTLSCertificateRequest10(PercPacket):
    """CertificateRequest of DTLS 1.0, without algorithms (RFC 4346 7.4.4)."""

    name = "DTLS CertificateRequest (DTLS 1.0)"
    fields_desc = (TYPES, AUTHORITIES)


class DTLSServerHelloDone(PercPacket):
    """End of the server's flight: no octets."""

    name = "DTLS ServerHelloDone"
    fields_desc = ()


class DTLSCertificateVerify(PercPacket):
    """Signature over the handshake so far (RFC 5246 7.4.8)."""

    name = "DTLS CertificateVerify"
    fields_desc = (
        U16("scheme", SCHEME, enum=SignatureScheme),
        Opaque("signature", max=ANY),
    )


class DTLSCertificateVerify10(PercPacket):
    """CertificateVerify of DTLS 1.0, without the algorithm (RFC 4346 7.4.8)."""

    name = "DTLS CertificateVerify (DTLS 1.0)"
    fields_desc = (Opaque("signature", max=ANY),)


class DTLSFinished(PercPacket):
    """First message under the new keys: 12 octets of PRF over the handshake (RFC 5246 7.4.9)."""

    name = "DTLS Finished"
    fields_desc = (Fixed("verify_data", 12),)


class DTLSCertificateURL(PercPacket):
    """Where the certificates are (RFC 6066 section 5); not decoded."""

    name = "DTLS CertificateURL"
    fields_desc = (Rest("url_and_hash_list"),)


class DTLSCertificateStatus(PercPacket):
    """An OCSP response for the server's certificate (RFC 6066 section 8)."""

    name = "DTLS CertificateStatus"
    fields_desc = (
        U8("status_type", 1, enum=CertificateStatusType),
        Opaque("response", min=1, max=LONG, default=b"\0"),
    )


class DTLSSupplementalData(PercPacket):
    """RFC 4680; not decoded."""

    name = "DTLS SupplementalData"
    fields_desc = (Rest("supplemental_data"),)


class DTLSEKTKey(PercPacket):
    """ekt_key: a parameter set of EKT, from the KMF to a member, only in protected records
    (RFC 8870 5.2.2). `ekt_ttl` is in seconds."""

    name = "DTLS EKTKey"
    fields_desc = (
        Opaque("ekt_key_value", min=1, max=256, default=bytes(16), secret=True),
        Opaque("srtp_master_salt", min=1, max=256, default=bytes(12), secret=True),
        U16("ekt_spi"),
        U24("ekt_ttl"),
    )
