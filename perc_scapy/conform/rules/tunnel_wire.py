# SPDX-License-Identifier: GPL-2.0-only
"""The form of draft-00 messages, and which type stands where."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.codes import Draft00MessageType as Type
from perc_scapy.codes import HandshakeType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.relay import whole_answers
from perc_scapy.conform.rules.tunnel import MESSAGES
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.wire import WireMessage
from perc_scapy.wire import classify

SECTION = "section 6"
_ORDER = ("T00-WIRE-02", "T00-WIRE-01", "T00-WIRE-03")
"""Faults that end the reading of a message, in the order in which they are found."""


def _form(subject: Subject, id_: str, type_: Type | None = None) -> Iterator[Finding]:
    """Messages that were read as far as this clause."""
    for _, message in subject.messages():
        fault = message.fault
        if fault is not None and fault.id == id_:
            yield Finding(message.packet, False, fault.text)
        elif type_ is not None and message.type != type_:
            continue
        elif (
            fault is None or fault.id not in _ORDER[: _ORDER.index(id_) if id_ in _ORDER else None]
        ):
            yield Finding(message.packet, True)


@rule(
    "T00-WIRE-01",
    expected="octets 01 00 at the front of every message",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="version 1.1",
    shown_in="violation-tunnel-messages",
)
def version_is_1_0(subject: Subject) -> Iterator[Finding]:
    """major 1, minor 0, in both directions."""
    return _form(subject, "T00-WIRE-01")


@rule(
    "T00-WIRE-02",
    expected="a header of 35 octets: version, two ids of 16, type",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="a 4-octet association id, as later drafts have it, in a short message",
)
def header_is_whole(subject: Subject) -> Iterator[Finding]:
    """A message that ends inside of its header has ids of another size."""
    return _form(subject, "T00-WIRE-02")


@rule(
    "T00-WIRE-03",
    expected="type 0, 1 or 2",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="type 3",
    shown_in="violation-tunnel-messages",
)
def type_is_defined(subject: Subject) -> Iterator[Finding]:
    """Types 3 to 255 are undefined."""
    return _form(subject, "T00-WIRE-03")


@rule(
    "T00-WIRE-04",
    expected="a two-octet length and the DTLS message behind the body, and nothing behind that",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="the DTLS message in front of the body, as jones-01 has it",
)
def dtls_message_is_last(subject: Subject) -> Iterator[Finding]:
    """Octets that are missing, or left over, behind a body that reads well."""
    return _form(subject, "T00-WIRE-04")


@rule(
    "T00-WIRE-05",
    expected="a two-octet length and at least one two-octet profile",
    about="profile lists",
    needs=Part.TUNNEL,
    broken_by="an empty list, or one with an odd number of octets",
)
def profile_list_is_whole(subject: Subject) -> Iterator[Finding]:
    """The list of each SupportedProfiles."""
    return _form(subject, "T00-WIRE-05", Type.SUPPORTED_PROFILES)


@rule(
    "T00-WIRE-06",
    expected="srtp_mki behind a one-octet length",
    about="profile lists",
    needs=Part.TUNNEL,
    broken_by="a SupportedProfiles without the MKI's length",
)
def mki_is_whole(subject: Subject) -> Iterator[Finding]:
    """The MKI of each SupportedProfiles, which may be empty."""
    return _form(subject, "T00-WIRE-06", Type.SUPPORTED_PROFILES)


@rule(
    "T00-WIRE-07",
    expected="profile, then client key, server key, client salt, server salt, each behind two octets of length",
    about="key information",
    needs=Part.TUNNEL,
    broken_by="one-octet lengths, as RFC 9185 has them",
)
def key_fields_are_whole(subject: Subject) -> Iterator[Finding]:
    """The four fields of each SRTPKeyInformation are there and not empty."""
    return _form(subject, "T00-WIRE-07", Type.SRTP_KEY_INFORMATION)


@rule(
    "T00-WIRE-08",
    expected="SupportedProfiles from the MDD only, SRTPKeyInformation from the KMF only",
    about="profile lists and key information",
    needs=Part.TUNNEL,
    broken_by="an MDD that sends keys",
    shown_in="violation-tunnel-messages",
)
def types_go_one_way(subject: Subject) -> Iterator[Finding]:
    """Type 1 and type 2 against the side that sent them."""
    for _, message in subject.messages():
        if message.type in (Type.SUPPORTED_PROFILES, Type.SRTP_KEY_INFORMATION):
            due = message.type == Type.SUPPORTED_PROFILES
            side = "MDD" if message.from_mdd else "KMF"
            text = f"{Type(message.type).name} from the {side}"
            yield Finding(message.packet, message.from_mdd == due, text)


@rule(
    "T00-MDD-05",
    "SLD-OBJ-07",
    "SLD-FUN-01",
    expected="SupportedProfiles (type 1) with the first message of a new association",
    about="first messages of associations",
    needs=Part.TUNNEL,
    broken_by="an MDD that forwards the first ClientHello as Empty",
    shown_in="violation-profiles-missing",
)
def first_message_has_profiles(subject: Subject) -> Iterator[Finding]:
    """The MDD's first message with a ClientHello, unless the KMF had answered before it or records are missing."""
    for tunnel in subject.draft00():
        for messages in tunnel.by_association.values():
            first = next((m for m in messages if m.from_mdd and m.has_client_hello), None)
            if first is None or any(not m.from_mdd and m.packet < first.packet for m in messages):
                continue
            if tunnel.complete(from_mdd=True, until=first.packet):
                ok = first.type == Type.SUPPORTED_PROFILES
                yield Finding(first.packet, ok, f"type {first.type} with the first ClientHello")


@rule(
    "T00-MDD-06",
    expected="Empty (type 0) for what an endpoint sends once the KMF has answered",
    about="later messages of the MDD",
    needs=Part.TUNNEL,
    broken_by="profiles with every message, as jones-01 has it",
    shown_in="violation-dtls-split",
)
def later_messages_are_empty(subject: Subject) -> Iterator[Finding]:
    """A ClientHello may still cross the first answer; anything else from the endpoint follows a ServerHello. And
    blindly forwarded: what reaches the endpoint is a whole dtls_message."""
    for tunnel in subject.draft00():
        for messages in tunnel.by_association.values():
            answered = False
            for message in messages:
                answered |= not message.from_mdd and bool(message.dtls)
                if message.from_mdd and answered and message.dtls and not message.has_client_hello:
                    yield Finding(
                        message.packet, message.type == Type.EMPTY, f"type {message.type}"
                    )
    yield from whole_answers(subject)


@rule(
    "T00-KMF-09",
    expected="key information with the flight of the KMF's Finished only, Empty with all else",
    about="messages of the KMF",
    needs=Part.TUNNEL,
    broken_by="keys before the endpoint's Finished was there",
)
def keys_come_with_the_last_flight(subject: Subject) -> Iterator[Finding]:
    """A message with keys carries records of the last flight (no ServerHello, no cookie request) or no DTLS at all."""
    early = {
        HandshakeType.HELLO_VERIFY_REQUEST,
        HandshakeType.SERVER_HELLO,
        HandshakeType.CERTIFICATE,
        HandshakeType.SERVER_KEY_EXCHANGE,
        HandshakeType.CERTIFICATE_REQUEST,
        HandshakeType.SERVER_HELLO_DONE,
    }
    for _, message in subject.messages():
        if not message.from_mdd and message.fault is None:
            ok = message.keys is None or not message.handshake_types & early
            yield Finding(message.packet, ok, "keys before the handshake is complete")


@rule(
    "T00-MDD-13",
    expected="only DTLS (first octet 20 to 63) goes into the tunnel",
    about="datagrams in a tunnel",
    needs=Part.TUNNEL,
    broken_by="an MDD that tunnels media which came before its keys",
)
def only_dtls_is_tunneled(subject: Subject) -> Iterator[Finding]:
    """The first octet of each dtls_message of the MDD (RFC 7983)."""
    yield from _classified(subject, from_mdd=True)


@rule(
    "T00-KMF-06",
    expected="each dtls_message of the KMF is whole DTLS records",
    about="datagrams in a tunnel",
    needs=Part.TUNNEL,
    broken_by="a KMF that sends handshake messages without record headers",
)
def answers_are_dtls(subject: Subject) -> Iterator[Finding]:
    """What the KMF has the MDD send on is what a DTLS server would send itself."""
    yield from _classified(subject, from_mdd=False)


def _classified(subject: Subject, *, from_mdd: bool) -> Iterator[Finding]:
    for _, message in subject.messages():
        if message.from_mdd == from_mdd and message.dtls:
            ok = classify(message.dtls) == "dtls" and (from_mdd or _whole(message))
            text = f"a datagram that begins with {message.dtls[0]:#04x}" if message.dtls else ""
            yield Finding(message.packet, ok, text)


def _whole(message: WireMessage) -> bool:
    octets = sum(13 + len(record.fragment) for record in message.records)
    return octets == len(message.dtls or b"")
