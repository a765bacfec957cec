# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages in a record: header, and the body once it is unfragmented (RFC 6347 4.2.2)."""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import HandshakeType as T
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import hello, key_exchange, messages
from perc_scapy.layers.dtls.rules import FragmentFits
from perc_scapy.layers.fields import OPAQUE, U8, U16, U24, RepeatToEnd, Same, Select

BODIES = {
    T.CLIENT_HELLO: hello.DTLSClientHello,
    T.HELLO_REQUEST: hello.DTLSHelloRequest,
    T.SERVER_HELLO: hello.DTLSServerHello,
    T.HELLO_VERIFY_REQUEST: hello.DTLSHelloVerifyRequest,
    T.NEW_SESSION_TICKET: messages.DTLSNewSessionTicket,
    T.CERTIFICATE: messages.DTLSCertificate,
    T.SERVER_KEY_EXCHANGE: key_exchange.DTLSServerKeyExchange,
    T.CERTIFICATE_REQUEST: messages.DTLSCertificateRequest,
    T.SERVER_HELLO_DONE: messages.DTLSServerHelloDone,
    T.CERTIFICATE_VERIFY: messages.DTLSCertificateVerify,
    T.CLIENT_KEY_EXCHANGE: key_exchange.DTLSClientKeyExchange,
    T.FINISHED: messages.DTLSFinished,
    T.CERTIFICATE_URL: messages.DTLSCertificateURL,
    T.CERTIFICATE_STATUS: messages.DTLSCertificateStatus,
    T.SUPPLEMENTAL_DATA: messages.DTLSSupplementalData,
    T.EKT_KEY: messages.DTLSEKTKey,
}
"""Body of each message in DTLS 1.2; other types have plain octets."""
BODIES_10 = BODIES | {
    T.CERTIFICATE_REQUEST: messages.DTLSCertificateRequest10,
    T.CERTIFICATE_VERIFY: messages.DTLSCertificateVerify10,
}
"""DTLS 1.0 signs without naming the algorithm."""

HEADER = (
    U8("msg_type", None, enum=T),
    U24("length", None, same_as="fragment_length"),
    U16("message_seq"),
    U24("fragment_offset"),
    U24("fragment_length", None),
)
WHOLE = Same("length", "fragment_length")


class DTLSHandshake(PercPacket):
    """One message, or a fragment of one: then `length` exceeds `fragment_length` and `body` has the octets."""

    name = "DTLS handshake"
    match_subclass = True
    rules = (FragmentFits(),)
    fields_desc = (
        *HEADER,
        Select(
            "body", on="msg_type", cases=BODIES, size="fragment_length", other=OPAQUE, when=WHOLE
        ),
    )

    def brief(self) -> str:
        kind = self.getfieldval("msg_type")
        text = type(self.getfieldval("body")).__name__ if kind is None else self._shown("msg_type")
        length, found = self.getfieldval("length"), self.getfieldval("fragment_length")
        if isinstance(length, int) and isinstance(found, int) and length != found:
            start = self.fragment_offset
            text += f" fragment {_octets(start, found)} of {length}"
        return text

    def answers(self, other: Any) -> int:
        """As the bodies do."""
        return int(isinstance(other, DTLSHandshake) and answers(self.body, other.body))


class DTLS10Handshake(DTLSHandshake):
    """The same in DTLS 1.0."""

    name = "DTLS handshake"
    fields_desc = (
        *HEADER,
        Select(
            "body", on="msg_type", cases=BODIES_10, size="fragment_length", other=OPAQUE, when=WHOLE
        ),
    )


class DTLSHandshakes(PercPacket):
    """Fragment of a handshake record: one or more messages or fragments of messages."""

    name = "DTLS handshake messages"
    match_subclass = True
    fields_desc = (RepeatToEnd("messages", DTLSHandshake, min=1),)

    def brief(self) -> str:
        return ", ".join(m.brief() for m in self.messages if hasattr(m, "rules"))


class DTLS10Handshakes(DTLSHandshakes):
    """The same in DTLS 1.0."""

    name = "DTLS handshake messages"
    fields_desc = (RepeatToEnd("messages", DTLS10Handshake, min=1),)


def _octets(start: Any, count: int) -> str:
    """First and last octet; of an empty fragment only where it stands."""
    return f"{start}..{start + count - 1}" if count else f"at {start}, empty,"


def answers(reply: Any, request: Any) -> bool:
    """`reply.answers(request)` for bodies, which may be plain octets."""
    return hasattr(reply, "rules") and bool(reply.answers(request))
