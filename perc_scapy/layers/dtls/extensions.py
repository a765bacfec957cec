# SPDX-License-Identifier: GPL-2.0-only
"""Bodies of hello extensions. Where client and server send different forms there are two classes, and the
extension lists of the two hellos (`extension_lists`) choose between them.
"""

from __future__ import annotations

from perc_scapy.codes import (
    CertificateStatusType,
    DtlsVersion,
    EcPointFormat,
    EktCipher,
    HeartbeatMode,
    NamedGroup,
    ProtectionProfile,
    ServerNameType,
    SignatureScheme,
)
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls.rules import LengthAmong, OneItem
from perc_scapy.layers.fields import U8, U16, Opaque, OptionalTail, Rest, Vector

ANY = 0xFFFF


class ServerName(PercPacket):
    """One name of a server_name extension."""

    name = "Server name"
    fields_desc = (
        U8("name_type", 0, enum=ServerNameType),
        Opaque("host_name", min=1, max=ANY),
    )


class ExtServerName(PercPacket):
    """server_name (0) of a ClientHello (RFC 6066 section 3)."""

    name = "server_name"
    fields_desc = (Vector("server_names", ServerName, min=1, max=ANY),)


class ExtServerNameAck(PercPacket):
    """server_name (0) of a ServerHello: no octets."""

    name = "server_name (server)"
    fields_desc = ()


class ExtMaxFragmentLength(PercPacket):
    """max_fragment_length (1): 1 … 4 stand for 2^9 … 2^12 octets (RFC 6066 section 4)."""

    name = "max_fragment_length"
    fields_desc = (U8("max_fragment_length", 1),)


class ExtStatusRequest(PercPacket):
    """status_request (5) of a ClientHello (RFC 6066 section 8)."""

    name = "status_request"
    fields_desc = (
        U8("status_type", 1, enum=CertificateStatusType),
        Vector("responder_ids", Opaque("responder_id", min=1, max=ANY), max=ANY),
        Opaque("request_extensions", max=ANY),
    )


class ExtStatusRequestAck(PercPacket):
    """status_request (5) of a ServerHello: no octets."""

    name = "status_request (server)"
    fields_desc = ()


class ExtSupportedGroups(PercPacket):
    """supported_groups (10, RFC 8422 5.1.1)."""

    name = "supported_groups"
    fields_desc = (Vector("groups", U16(enum=NamedGroup), min=2, max=ANY - 1, default=(29,)),)


class ExtECPointFormats(PercPacket):
    """ec_point_formats (11, RFC 8422 5.1.2)."""

    name = "ec_point_formats"
    fields_desc = (Vector("formats", U8(enum=EcPointFormat), min=1, max=255, default=(0,)),)


class ExtSignatureAlgorithms(PercPacket):
    """signature_algorithms (13, RFC 5246 7.4.1.4.1) and signature_algorithms_cert (50)."""

    name = "signature_algorithms"
    fields_desc = (
        Vector("algorithms", U16(enum=SignatureScheme), min=2, max=ANY - 1, default=(0x0403,)),
    )


class ExtUseSRTP(PercPacket):
    """use_srtp (14) of a ClientHello: profiles in order of preference, and the MKI (RFC 5764 4.1.1)."""

    name = "use_srtp"
    match_subclass = True
    fields_desc = (
        Vector("profiles", U16(enum=ProtectionProfile), min=2, max=ANY - 1, default=(7,)),
        Opaque("srtp_mki", max=255),
    )


class ExtUseSRTPSelected(ExtUseSRTP):
    """use_srtp (14) of a ServerHello: the same form with exactly one profile."""

    name = "use_srtp (server)"
    rules = (OneItem("profiles"),)


class ExtHeartbeat(PercPacket):
    """heartbeat (15, RFC 6520)."""

    name = "heartbeat"
    fields_desc = (U8("mode", 1, enum=HeartbeatMode),)


class ExtALPN(PercPacket):
    """application_layer_protocol_negotiation (16) of a ClientHello (RFC 7301)."""

    name = "ALPN"
    match_subclass = True
    fields_desc = (
        Vector("protocols", Opaque("protocol", min=1, max=255), min=2, max=ANY, default=(b"c",)),
    )


class ExtALPNSelected(ExtALPN):
    """ALPN (16) of a ServerHello: exactly one protocol."""

    name = "ALPN (server)"
    rules = (OneItem("protocols"),)


class ExtPadding(PercPacket):
    """padding (21, RFC 7685)."""

    name = "padding"
    fields_desc = (Rest("zeros"),)


class ExtEncryptThenMac(PercPacket):
    """encrypt_then_mac (22, RFC 7366): no octets."""

    name = "encrypt_then_mac"
    fields_desc = ()


class ExtExtendedMasterSecret(PercPacket):
    """extended_master_secret (23, RFC 7627): no octets."""

    name = "extended_master_secret"
    fields_desc = ()


class ExtRecordSizeLimit(PercPacket):
    """record_size_limit (28, RFC 8449)."""

    name = "record_size_limit"
    fields_desc = (U16("record_size_limit", 16385),)


class ExtSessionTicket(PercPacket):
    """session_ticket (35) of a ClientHello: a ticket or no octets (RFC 5077 3.2)."""

    name = "session_ticket"
    fields_desc = (Rest("ticket"),)


class ExtSessionTicketAck(PercPacket):
    """session_ticket (35) of a ServerHello: no octets."""

    name = "session_ticket (server)"
    fields_desc = ()


class ExtSupportedEKTCiphers(PercPacket):
    """supported_ekt_ciphers (39) of a ClientHello: ciphers in order of preference (RFC 8870 5.2.1)."""

    name = "supported_ekt_ciphers"
    fields_desc = (Vector("ciphers", U8(enum=EktCipher), min=1, max=255, default=(1,)),)


class ExtSelectedEKTCipher(PercPacket):
    """supported_ekt_ciphers (39) of a ServerHello: one octet without a length (RFC 8870 5.2.1)."""

    name = "supported_ekt_ciphers (server)"
    fields_desc = (U8("cipher", 1, enum=EktCipher),)


class ExtSupportedVersions(PercPacket):
    """supported_versions (43) of a ClientHello (RFC 8446 4.2.1)."""

    name = "supported_versions"
    fields_desc = (
        Vector("versions", U16(enum=DtlsVersion), min=2, max=254, default=(DtlsVersion.DTLS_1_2,)),
    )


class ExtSelectedVersion(PercPacket):
    """supported_versions (43) of a ServerHello."""

    name = "supported_versions (server)"
    fields_desc = (U16("version", DtlsVersion.DTLS_1_3, enum=DtlsVersion),)


class ExtCookie(PercPacket):
    """cookie (44, RFC 8446 4.2.2)."""

    name = "cookie"
    fields_desc = (Opaque("cookie", min=1, max=ANY, default=b"\0"),)


class KeyShareEntry(PercPacket):
    """One share of a key_share list."""

    name = "Key share"
    fields_desc = (
        U16("group", NamedGroup.X25519, enum=NamedGroup),
        Opaque("key_exchange", min=1, max=ANY, default=b"\0"),
    )


class ExtKeyShare(PercPacket):
    """key_share (51) of a ClientHello (RFC 8446 4.2.8)."""

    name = "key_share"
    fields_desc = (Vector("client_shares", KeyShareEntry, max=ANY),)


class ExtKeyShareSelected(PercPacket):
    """key_share (51) of a ServerHello; a HelloRetryRequest names only the group."""

    name = "key_share (server)"
    fields_desc = (
        U16("group", NamedGroup.X25519, enum=NamedGroup),
        OptionalTail(Opaque("key_exchange", min=1, max=ANY)),
    )


class ExtConnectionId(PercPacket):
    """connection_id (54, RFC 9146)."""

    name = "connection_id"
    fields_desc = (Opaque("cid", max=255),)


class ExtExternalIdHash(PercPacket):
    """external_id_hash (55): SHA-256 of the identity assertion, or empty (RFC 8844 section 3)."""

    name = "external_id_hash"
    rules = (LengthAmong("binding_hash", (0, 32)),)
    fields_desc = (Opaque("binding_hash", max=32),)


class ExtExternalSessionId(PercPacket):
    """external_session_id (56): the sender's own SDP tls-id (RFC 8844 section 4)."""

    name = "external_session_id"
    fields_desc = (Opaque("session_id", min=20, max=255, default=b"0" * 20),)


class ExtRenegotiationInfo(PercPacket):
    """renegotiation_info (65281, RFC 5746 3.2); empty in a first handshake."""

    name = "renegotiation_info"
    fields_desc = (Opaque("renegotiated_connection", max=255),)
