# SPDX-License-Identifier: GPL-2.0-only
"""Hello messages of DTLS 1.0 and 1.2 (RFC 6347 4.2.1, 4.3.2; RFC 5246 7.4.1)."""

from __future__ import annotations

from perc_scapy.codes import CipherSuite, CompressionMethod, DtlsVersion
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls.extension_lists import DTLSClientExtension, DTLSServerExtension
from perc_scapy.layers.dtls.rules import DistinctTypes
from perc_scapy.layers.fields import U8, U16, Fixed, Opaque, OptionalTail, Vector

SUITE = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256


class DTLSHelloRequest(PercPacket):
    """Asks the client to begin again: no octets (RFC 5246 7.4.1.1)."""

    name = "DTLS HelloRequest"
    fields_desc = ()


class DTLSClientHello(PercPacket):
    """The client's offer. `cookie` is what a HelloVerifyRequest asked to be sent back, or empty."""

    name = "DTLS ClientHello"
    rules = (DistinctTypes(),)
    fields_desc = (
        U16("version", DtlsVersion.DTLS_1_2, enum=DtlsVersion),
        Fixed("random", 32),
        Opaque("session_id", max=32),
        Opaque("cookie", max=255),
        Vector("cipher_suites", U16(enum=CipherSuite), min=2, max=0xFFFE, default=(SUITE,)),
        Vector("compression_methods", U8(enum=CompressionMethod), min=1, max=255, default=(0,)),
        OptionalTail(Vector("extensions", DTLSClientExtension, max=0xFFFF)),
    )

    def answers(self, other: object) -> int:
        """With the cookie of a HelloVerifyRequest, or after a HelloRequest."""
        if isinstance(other, DTLSHelloVerifyRequest):
            return int(self.cookie == other.cookie)
        return int(isinstance(other, DTLSHelloRequest))


class DTLSServerHello(PercPacket):
    """The server's choice."""

    name = "DTLS ServerHello"
    rules = (DistinctTypes(),)
    fields_desc = (
        U16("version", DtlsVersion.DTLS_1_2, enum=DtlsVersion),
        Fixed("random", 32),
        Opaque("session_id", max=32),
        U16("cipher_suite", SUITE, enum=CipherSuite),
        U8("compression_method", 0, enum=CompressionMethod),
        OptionalTail(Vector("extensions", DTLSServerExtension, max=0xFFFF)),
    )

    def answers(self, other: object) -> int:
        """A ClientHello that offered the chosen suite."""
        return int(isinstance(other, DTLSClientHello) and self.cipher_suite in other.cipher_suites)


class DTLSHelloVerifyRequest(PercPacket):
    """A cookie that the client must send back; `version` says nothing about what will be negotiated."""

    name = "DTLS HelloVerifyRequest"
    fields_desc = (
        U16("version", DtlsVersion.DTLS_1_0, enum=DtlsVersion),
        Opaque("cookie", max=255),
    )

    def answers(self, other: object) -> int:
        """A ClientHello without this cookie."""
        return int(isinstance(other, DTLSClientHello) and other.cookie != self.cookie)
