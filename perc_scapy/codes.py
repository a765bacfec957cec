# SPDX-License-Identifier: BSD-3-Clause
"""Every code point once, with the document section that assigns it. Values unknown here stay plain integers."""

from __future__ import annotations

from enum import IntEnum


class ContentType(IntEnum):
    """DTLS record content type (RFC 5246 6.2.1; 24 RFC 6520; 25 RFC 9146; 26 RFC 9147 section 7)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24
    TLS12_CID = 25
    ACK = 26


class DtlsVersion(IntEnum):
    """DTLS protocol version on the wire (RFC 6347 4.1; 1.3: RFC 9147)."""

    DTLS_1_0 = 0xFEFF
    DTLS_1_2 = 0xFEFD
    DTLS_1_3 = 0xFEFC


class HandshakeType(IntEnum):
    """Handshake message type (RFC 5246 7.4, RFC 6347 4.3.2, RFC 8870 section 5.2.2 for 26)."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    HELLO_VERIFY_REQUEST = 3
    NEW_SESSION_TICKET = 4
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_URL = 21
    CERTIFICATE_STATUS = 22
    SUPPLEMENTAL_DATA = 23
    EKT_KEY = 26


class AlertLevel(IntEnum):
    """RFC 5246 7.2."""

    WARNING = 1
    FATAL = 2


class AlertDescription(IntEnum):
    """RFC 5246 7.2; 110 and above RFC 6066, 7301."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    DECRYPTION_FAILED = 21
    RECORD_OVERFLOW = 22
    DECOMPRESSION_FAILURE = 30
    HANDSHAKE_FAILURE = 40
    NO_CERTIFICATE = 41
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    EXPORT_RESTRICTION = 60
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112
    BAD_CERTIFICATE_STATUS_RESPONSE = 113
    UNKNOWN_PSK_IDENTITY = 115
    CERTIFICATE_REQUIRED = 116
    NO_APPLICATION_PROTOCOL = 120


class ExtensionType(IntEnum):
    """TLS extensions that a DTLS-SRTP / PERC hello carries (IANA TLS ExtensionType registry)."""

    SERVER_NAME = 0
    MAX_FRAGMENT_LENGTH = 1
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10  # RFC 8422
    EC_POINT_FORMATS = 11  # RFC 8422
    SIGNATURE_ALGORITHMS = 13  # RFC 5246 7.4.1.4.1
    USE_SRTP = 14  # RFC 5764 4.1.1
    HEARTBEAT = 15
    ALPN = 16
    SIGNED_CERTIFICATE_TIMESTAMP = 18
    PADDING = 21
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23  # RFC 7627
    RECORD_SIZE_LIMIT = 28
    SESSION_TICKET = 35
    SUPPORTED_EKT_CIPHERS = 39  # RFC 8870 5.2.1
    PRE_SHARED_KEY = 41
    EARLY_DATA = 42
    SUPPORTED_VERSIONS = 43
    COOKIE = 44
    PSK_KEY_EXCHANGE_MODES = 45
    CERTIFICATE_AUTHORITIES = 47
    POST_HANDSHAKE_AUTH = 49
    SIGNATURE_ALGORITHMS_CERT = 50
    CONNECTION_ID = 54
    EXTERNAL_ID_HASH = 55  # RFC 8844 3
    EXTERNAL_SESSION_ID = 56  # RFC 8844 4
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 0xFF01  # RFC 5746


class ServerNameType(IntEnum):
    """RFC 6066 section 3."""

    HOST_NAME = 0


class CertificateStatusType(IntEnum):
    """RFC 6066 section 8."""

    OCSP = 1


class HeartbeatMode(IntEnum):
    """RFC 6520 section 2."""

    PEER_ALLOWED_TO_SEND = 1
    PEER_NOT_ALLOWED_TO_SEND = 2


class CompressionMethod(IntEnum):
    """RFC 5246 7.4.1.2, RFC 3749."""

    NULL = 0
    DEFLATE = 1


class EcPointFormat(IntEnum):
    """RFC 8422 5.1.2."""

    UNCOMPRESSED = 0
    ANSIX962_COMPRESSED_PRIME = 1
    ANSIX962_COMPRESSED_CHAR2 = 2


class CipherSuite(IntEnum):
    """TLS 1.2 cipher suites that the project names (IANA TLS Cipher Suites registry)."""

    TLS_NULL_WITH_NULL_NULL = 0x0000
    TLS_RSA_WITH_AES_128_CBC_SHA = 0x002F
    TLS_RSA_WITH_AES_256_CBC_SHA = 0x0035
    TLS_RSA_WITH_AES_128_CBC_SHA256 = 0x003C
    TLS_RSA_WITH_AES_256_CBC_SHA256 = 0x003D
    TLS_RSA_WITH_AES_128_GCM_SHA256 = 0x009C
    TLS_RSA_WITH_AES_256_GCM_SHA384 = 0x009D
    TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 = 0x009E
    TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 = 0x009F
    TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF  # RFC 5746 3.3
    TLS_FALLBACK_SCSV = 0x5600  # RFC 7507
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA = 0xC009
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA = 0xC00A
    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA = 0xC013
    TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA = 0xC014
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 = 0xC023
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 = 0xC024
    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 = 0xC027
    TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 = 0xC028
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xC02B
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xC02C
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xC02F
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xC030
    TLS_ECDHE_ECDSA_WITH_AES_128_CCM = 0xC0AC
    TLS_ECDHE_ECDSA_WITH_AES_256_CCM = 0xC0AD
    TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 = 0xC0AE
    TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8 = 0xC0AF
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA8  # RFC 7905
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA9  # RFC 7905


class NamedGroup(IntEnum):
    """IANA TLS Supported Groups."""

    SECP256R1 = 23
    SECP384R1 = 24
    SECP521R1 = 25
    X25519 = 29
    X448 = 30
    FFDHE2048 = 256
    X25519MLKEM768 = 4588


class SignatureScheme(IntEnum):
    """TLS 1.2 SignatureAndHashAlgorithm as two octets, hash then signature (RFC 5246 7.4.1.4.1, RFC 8446 4.2.3)."""

    RSA_PKCS1_SHA1 = 0x0201
    ECDSA_SHA1 = 0x0203
    RSA_PKCS1_SHA256 = 0x0401
    ECDSA_SECP256R1_SHA256 = 0x0403
    RSA_PKCS1_SHA384 = 0x0501
    ECDSA_SECP384R1_SHA384 = 0x0503
    RSA_PKCS1_SHA512 = 0x0601
    ECDSA_SECP521R1_SHA512 = 0x0603
    RSA_PSS_RSAE_SHA256 = 0x0804
    RSA_PSS_RSAE_SHA384 = 0x0805
    RSA_PSS_RSAE_SHA512 = 0x0806
    ED25519 = 0x0807
    ED448 = 0x0808


class ClientCertificateType(IntEnum):
    """RFC 5246 7.4.4, RFC 8422 5.5."""

    RSA_SIGN = 1
    DSS_SIGN = 2
    RSA_FIXED_DH = 3
    DSS_FIXED_DH = 4
    ECDSA_SIGN = 64


class EcCurveType(IntEnum):
    """RFC 8422 5.4."""

    EXPLICIT_PRIME = 1
    EXPLICIT_CHAR2 = 2
    NAMED_CURVE = 3


class ProtectionProfile(IntEnum):
    """SRTPProtectionProfile (RFC 5764 4.1.2, RFC 7714 14.2, RFC 8723 10.1)."""

    SRTP_AES128_CM_HMAC_SHA1_80 = 0x0001
    SRTP_AES128_CM_HMAC_SHA1_32 = 0x0002
    SRTP_NULL_HMAC_SHA1_80 = 0x0005
    SRTP_NULL_HMAC_SHA1_32 = 0x0006
    SRTP_AEAD_AES_128_GCM = 0x0007
    SRTP_AEAD_AES_256_GCM = 0x0008
    DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM = 0x0009
    DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM = 0x000A


class EktCipher(IntEnum):
    """EKTCipherType as sent in supported_ekt_ciphers (RFC 8870 5.2.1; its IANA table counts from 0)."""

    AESKW_128 = 1
    AESKW_256 = 2


class EktMessageType(IntEnum):
    """Last octet of an EKT field (RFC 8870 4.1, 7.1)."""

    SHORT = 0
    FULL = 2
    RESERVED = 255


class Draft00MessageType(IntEnum):
    """KMFMessageType (draft-jones-perc-dtls-tunnel-00 section 6)."""

    EMPTY = 0
    SUPPORTED_PROFILES = 1
    SRTP_KEY_INFORMATION = 2


class TunnelMessageType(IntEnum):
    """MsgType (RFC 9185 section 6.1)."""

    SUPPORTED_PROFILES = 1
    UNSUPPORTED_VERSION = 2
    MEDIA_KEYS = 3
    TUNNELED_DTLS = 4
    ENDPOINT_DISCONNECT = 5


class RtcpType(IntEnum):
    """RTCP packet type (RFC 3550 12.1, RFC 4585, RFC 3611)."""

    SR = 200
    RR = 201
    SDES = 202
    BYE = 203
    APP = 204
    RTPFB = 205
    PSFB = 206
    XR = 207


class SdesType(IntEnum):
    """Source description items (RFC 3550 6.5)."""

    END = 0
    CNAME = 1
    NAME = 2
    EMAIL = 3
    PHONE = 4
    LOC = 5
    TOOL = 6
    NOTE = 7
    PRIV = 8


class RtpPayloadType(IntEnum):
    """Static payload types of audio that the project names (RFC 3551 section 6)."""

    PCMU = 0
    GSM = 3
    PCMA = 8
    G722 = 9
    CN = 13


class HeaderExtensionProfile(IntEnum):
    """The 16 bits "defined by profile" of a header extension (RFC 8285 4.2, 4.3; appbits 0)."""

    TWO_BYTE = 0x1000
    ONE_BYTE = 0xBEDE


class SrtpLabel(IntEnum):
    """Key derivation labels (RFC 3711 4.3.2; 6 and 7 RFC 6904 section 4)."""

    RTP_ENCRYPTION = 0
    RTP_AUTHENTICATION = 1
    RTP_SALT = 2
    RTCP_ENCRYPTION = 3
    RTCP_AUTHENTICATION = 4
    RTCP_SALT = 5
    HEADER_ENCRYPTION = 6
    HEADER_SALT = 7
