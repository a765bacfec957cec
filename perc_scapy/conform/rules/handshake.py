# SPDX-License-Identifier: GPL-2.0-only
"""The DTLS-SRTP handshake of endpoints: who starts it, what it offers, who shows a certificate."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.tunnels import KMF
from perc_scapy.codes import AlertDescription, ContentType, ExtensionType, HandshakeType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView
from perc_scapy.conform.subject.packets import profile_of
from perc_scapy.crypto.ekt import EKT_CIPHERS
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import extensions
from perc_scapy.errors import DecodeError

HANDSHAKES = "handshakes of endpoints in a tunnel"
ANY_HANDSHAKE = "DTLS-SRTP handshakes"
_CERTIFICATE_ALERTS = {
    AlertDescription.BAD_CERTIFICATE,
    AlertDescription.UNSUPPORTED_CERTIFICATE,
    AlertDescription.CERTIFICATE_UNKNOWN,
    AlertDescription.CERTIFICATE_EXPIRED,
    AlertDescription.UNKNOWN_CA,
}


@rule(
    "T00-EP-02",
    "R8871-08",
    expected="the endpoint is the DTLS client, the KMF the server",
    about=HANDSHAKES,
    needs=Part.TUNNEL,
    broken_by="a KMF that sends a ClientHello through the tunnel",
)
def endpoint_is_client(subject: Subject) -> Iterator[Finding]:
    """Every ClientHello inside a tunnel comes from the endpoint's side."""
    for view in subject.tunneled():
        session = view.association.tunneled
        if session is not None:
            ok = session.client != KMF
            yield Finding(session.records[0].packet, ok, "ClientHello from the KMF")


@rule(
    "T00-EP-05",
    expected="use_srtp and supported_ekt_ciphers in the ClientHello",
    about=HANDSHAKES,
    needs=Part.TUNNEL,
    broken_by="a ClientHello without use_srtp",
)
def hello_offers_srtp_and_ekt(subject: Subject) -> Iterator[Finding]:
    """The ClientHello of each tunneled handshake. An endpoint that offers single profiles only, whose media the MDD may
    read, has no use for EKT."""
    for view in subject.tunneled():
        hello = view.client_hello
        if hello is None:
            continue
        packet, there = view.association.first_packet, hello.extensions
        yield Finding(packet, ExtensionType.USE_SRTP in there, "no use_srtp")
        if any(p in SRTP_PROFILES and SRTP_PROFILES[p].is_double for p in view.offered_profiles):
            ok = ExtensionType.SUPPORTED_EKT_CIPHERS in there
            yield Finding(packet, ok, "no supported_ekt_ciphers")


@rule(
    "T00-KMF-08",
    expected="the KMF asks for the endpoint's certificate and gives no keys without one",
    about="handshakes that the KMF completed",
    needs=Part.TUNNEL,
    broken_by="a KMF without CertificateRequest",
)
def kmf_wants_a_certificate(subject: Subject) -> Iterator[Finding]:
    """Each association with key information: a CertificateRequest, and a certificate in answer, come before."""
    for view in subject.tunneled():
        if view.key_messages:
            asked = view.first(HandshakeType.CERTIFICATE_REQUEST, False) is not None
            shown, packet = bool(view.certificates(True)), view.key_messages[0].packet
            if asked or subject.whole:
                yield Finding(packet, asked, "keys, and no CertificateRequest")
            if shown or subject.whole:
                yield Finding(packet, shown, "keys for an unknown endpoint")


@rule(
    "T00-EP-04",
    expected="a certificate in the endpoint's flight",
    about="flights of endpoints",
    broken_by="an empty Certificate message",
)
def endpoint_shows_a_certificate(subject: Subject) -> Iterator[Finding]:
    """Each handshake in which a certificate was asked for and the endpoint went on to its ClientKeyExchange."""
    for view in subject.inner:
        exchange = view.first(HandshakeType.CLIENT_KEY_EXCHANGE, True)
        if exchange is not None and view.first(HandshakeType.CERTIFICATE_REQUEST, False):
            shown = bool(view.certificates(True))
            if shown or subject.whole:
                yield Finding(exchange.packet, shown, "no certificate")


@rule(
    "T00-KMF-07",
    expected="a certificate that the endpoint accepts",
    about="certificates of the KMF",
    needs=Part.TUNNEL,
    broken_by="a KMF with another certificate than signalled",
    shown_in="wrong-kmf-certificate",
)
def endpoint_accepts_the_kmf(subject: Subject) -> Iterator[Finding]:
    """An endpoint that got the certificate answers with its flight, not with an alert about certificates."""
    for view in subject.tunneled():
        shown = view.first(HandshakeType.CERTIFICATE, False)
        alert = _refusal(view)
        if shown is not None and (alert or view.first(HandshakeType.CLIENT_KEY_EXCHANGE, True)):
            text = "" if alert is None else f"the endpoint answers with {alert[1]}"
            yield Finding(None if alert is None else alert[0], alert is None, text)


@rule(
    "T00-EP-03",
    expected="no handshake goes on after the endpoint refused the certificate",
    about="refused certificates",
    broken_by="an endpoint that sends the alert and its flight",
)
def refusal_is_the_end(subject: Subject) -> Iterator[Finding]:
    """After an alert about certificates the endpoint sends no ClientKeyExchange in this association."""
    for view in subject.inner:
        alert = _refusal(view)
        if alert is not None:
            later = view.first(HandshakeType.CLIENT_KEY_EXCHANGE, True)
            ok = later is None or later.packet < alert[0]
            yield Finding(
                alert[0] if later is None else later.packet, ok, "goes on after its alert"
            )


def _refusal(view: InnerView) -> tuple[int, str] | None:
    """Packet and name of the endpoint's alert about certificates, in clear."""
    for session, seen in view.records():
        content = seen.content or b""
        from_client = seen.record.type == ContentType.ALERT and seen.sender == session.client
        if from_client and len(content) == 2 and content[1] in _CERTIFICATE_ALERTS:
            return seen.packet, AlertDescription(content[1]).name.lower()
    return None


# -- any DTLS-SRTP


@rule(
    "DTL-01",
    expected="use_srtp with a list in the ClientHello, and one of these profiles in the ServerHello",
    about=ANY_HANDSHAKE,
    broken_by="a server that selects what was not offered, or an MKI of its own",
)
def use_srtp_is_answered(subject: Subject) -> Iterator[Finding]:
    """Both hellos of each association that offers SRTP or carries media. With EKT there is no MKI (RFC 8870 section
    4)."""
    media = {id(m.association) for m in subject.packets.rtp if m.association is not None}
    for view in subject.inner:
        hello, answer = view.client_hello, view.server_hello
        if hello is None or (
            ExtensionType.USE_SRTP not in hello.extensions and id(view.association) not in media
        ):
            continue
        packet = view.association.first_packet
        offer = _use_srtp(hello.extensions.get(ExtensionType.USE_SRTP))
        yield Finding(packet, offer is not None, "use_srtp is missing or malformed")
        if offer is None or answer is None:
            continue
        selected = _use_srtp(answer.extensions.get(ExtensionType.USE_SRTP))
        yield Finding(_packet(view), not (text := _choice_fault(view, offer, selected)), text)


def _choice_fault(
    view: InnerView, offer: extensions.UseSrtp, selected: extensions.UseSrtp | None
) -> str:
    if selected is None:
        return "" if not view.association.srtp_profile else "malformed"
    if len(selected.profiles) != 1:
        return f"{len(selected.profiles)} profiles selected"
    if selected.profiles[0] not in offer.profiles:
        return f"{selected.profiles[0]:#06x} was not offered"
    if selected.mki not in (b"", offer.mki):
        return "an MKI that the client did not name"
    if selected.mki and view.association.ekt_cipher is not None:
        return "an MKI together with EKT"
    return ""


def _use_srtp(data: bytes | None) -> extensions.UseSrtp | None:
    try:
        return None if data is None else extensions.decode_use_srtp(data)
    except DecodeError:
        return None


def _packet(view: InnerView) -> int | None:
    hello = view.first(HandshakeType.SERVER_HELLO, False)
    return None if hello is None else hello.packet


@rule(
    "EKT-22",
    expected="a list of EKT ciphers in the ClientHello, one octet of it in the ServerHello",
    about="handshakes with supported_ekt_ciphers",
    broken_by="a cipher that was not offered",
)
def ekt_cipher_is_answered(subject: Subject) -> Iterator[Finding]:
    """Extension 39 in both hellos: form, and that the selected cipher was offered."""
    kind = ExtensionType.SUPPORTED_EKT_CIPHERS
    for view in subject.inner:
        hello, answer = view.client_hello, view.server_hello
        if hello is not None and kind in hello.extensions:
            packet = view.association.first_packet
            yield Finding(packet, bool(view.offered_ciphers), "a malformed list of ciphers")
        data = None if answer is None else answer.extensions.get(kind)
        if data is not None and hello is not None:
            ok = len(data) == 1 and data[0] in view.offered_ciphers
            yield Finding(_packet(view), ok, f"selected {data.hex()}, which was not offered")


@rule(
    "EKT-05",
    expected="an EKT cipher with a key at least as long as the SRTP cipher's",
    about="handshakes with a double profile and EKT",
    broken_by="AESKW128 with profile 0x000A",
    shown_in="violation-weak-ekt-cipher",
)
def ekt_cipher_is_strong_enough(subject: Subject) -> Iterator[Finding]:
    """The selected pair of profile and cipher; AESKW128 has 16 octets, AESKW256 32."""

    for view in subject.inner:
        row = profile_of(view.association)
        cipher = EKT_CIPHERS.get(view.association.ekt_cipher or 0)
        if row is not None and cipher is not None and view.association.ekt_cipher:
            ok = cipher.key_length >= row.layer.key_length
            yield Finding(_packet(view), ok, f"{cipher.code.name} with {row.name}")
