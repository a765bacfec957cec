# SPDX-License-Identifier: GPL-2.0-only
"""Endpoints and KMF in tunnels of RFC 9185: session ids, MediaKeys, ends of associations, versions."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.tunnels import KMF
from perc_scapy.codes import ExtensionType, HandshakeType
from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.keys import told
from perc_scapy.conform.rules.rfc9185 import ASSOCIATIONS, messages, of_type
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView

VERSION = 0
"""The only protocol version (section 6.2)."""


@rule(
    "R9185-EP-02",
    expected="external_session_id in the ClientHello",
    about=ASSOCIATIONS,
    needs=Part.TUNNEL,
    broken_by="a ClientHello without the extension, or with less than 20 octets in it",
)
def hello_has_a_session_id(subject: Subject) -> Iterator[Finding]:
    """The extension of each tunneled ClientHello: one octet of length and 20 to 255 behind it."""
    for view in subject.tunneled("rfc9185"):
        if view.client_hello is not None:
            ok = _session_id(view.client_hello.extensions.get(ExtensionType.EXTERNAL_SESSION_ID))
            yield Finding(view.association.first_packet, ok, "no external_session_id")


@rule(
    "R9185-KD-03",
    expected="the KMF's own external_session_id in its ServerHello",
    about="answered handshakes in RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="a ServerHello without the extension",
)
def answer_has_a_session_id(subject: Subject) -> Iterator[Finding]:
    """The extension of each tunneled ServerHello whose client offered it, and that it is not the client's own."""
    kind = ExtensionType.EXTERNAL_SESSION_ID
    for view in subject.tunneled("rfc9185"):
        hello, answer = view.client_hello, view.server_hello
        if hello is None or answer is None or kind not in hello.extensions:
            continue
        said = answer.extensions.get(kind)
        ok = _session_id(said) and said != hello.extensions[kind]
        message = view.first(HandshakeType.SERVER_HELLO, False)
        yield Finding(message.packet if message else None, ok, "none, or the client's own")


def _session_id(data: bytes | None) -> bool:
    return data is not None and len(data) > 20 and data[0] == len(data) - 1


@rule(
    "R9185-EP-04",
    expected="the endpoint as DTLS client",
    about=ASSOCIATIONS,
    needs=Part.TUNNEL,
    broken_by="a KMF that sends the ClientHello",
)
def endpoint_is_client(subject: Subject) -> Iterator[Finding]:
    """Every ClientHello in these tunnels comes from the endpoint's side."""
    for view in subject.tunneled("rfc9185"):
        session = view.association.tunneled
        if session is not None:
            yield Finding(session.records[0].packet, session.client != KMF, "from the KMF")


@rule(
    "R9185-KD-05",
    expected="TunneledDtls of the KMF are whole DTLS records",
    about="tunneled DTLS of the KMF",
    needs=Part.TUNNEL,
    broken_by="half a record",
)
def answers_are_dtls(subject: Subject) -> Iterator[Finding]:
    """One or more complete records in each (section 6.5)."""
    for message in of_type(subject, Type.TUNNELED_DTLS):
        if not message.from_mdd:
            octets = sum(13 + len(r.fragment) for r in message.records)
            ok = octets == len(message.dtls or b"") and bool(octets)
            yield Finding(message.packet, ok, "no whole DTLS records")


@rule(
    "R9185-KD-06",
    "R9185-KD-12",
    expected="association ids of the KMF's messages, MediaKeys included, are those that the MDD used",
    about="messages of the KMF in RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="MediaKeys for an id that nobody knows",
)
def answers_use_known_ids(subject: Subject) -> Iterator[Finding]:
    """Ids are known in all tunnels between the two; the MDD's first message with an id comes before the KMF's."""
    known: set[bytes] = set()
    order = sorted((m for _, m in messages(subject)), key=lambda m: m.packet)
    whole = not any(m.fault for m in order)
    for message in order:
        id_ = message.association_id
        if id_ is None:
            continue
        if message.from_mdd:
            known.add(id_)
        elif whole or id_ in known:
            yield Finding(message.packet, id_ in known, "an id that the MDD never used")


@rule(
    "R9185-KD-07",
    expected="MediaKeys beside the KMF's last flight",
    about="completed handshakes in RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="no MediaKeys, or keys only after the ekt_key",
)
def keys_follow_the_handshake(subject: Subject) -> Iterator[Finding]:
    """Where the KMF's Finished is seen: MediaKeys of that association before the KMF sends it anything else twice, and
    not before the endpoint's Finished came."""
    for view in subject.tunneled("rfc9185"):
        done = [
            n for n, m in enumerate(view.messages) if not m.from_mdd and view.carries_finished(m)
        ]
        keys = [n for n, m in enumerate(view.messages) if m.keys is not None]
        if not done:
            continue
        packet = view.messages[done[0]].packet
        if keys:
            between = [m for m in view.messages[done[0] + 1 : keys[0]] if not m.from_mdd]
            yield Finding(view.messages[keys[0]].packet, len(between) < 2, "keys come late")
        elif _goes_on(view, done[0]):
            yield Finding(packet, False, "no MediaKeys")


def _goes_on(view: InnerView, place: int) -> bool:
    """More is heard of the association after that message: the keys are not just cut off with the capture."""
    return len(view.messages) > place + 2


@rule(
    "R9185-KD-08",
    expected="keys and salts of half the double profile's length",
    about="MediaKeys",
    needs=Part.TUNNEL,
    broken_by="full double keys, which would give the inner half away",
    shown_in="violation-rfc9185-full-keys",
)
def keys_have_half_length(subject: Subject) -> Iterator[Finding]:
    """The four lengths against one layer of the profile in the message."""
    for _, message, keys in told(subject, "rfc9185"):
        if keys.due is not None:
            text = f"lengths {keys.lengths} instead of {keys.due}"
            yield Finding(message.packet, keys.lengths == keys.due, text)


@rule(
    "R9185-KD-09",
    expected="a profile that endpoint and MDD both list, the same in ServerHello and MediaKeys",
    about="chosen profiles in RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="a profile that the MDD did not list",
)
def profile_is_common(subject: Subject) -> Iterator[Finding]:
    """The ServerHello's use_srtp against the ClientHello's, the tunnel's list and the MediaKeys."""
    for view in subject.tunneled("rfc9185"):
        chosen, tunnel = view.association.srtp_profile, view.tunnel
        listed = None if tunnel is None else next(
            (m.profiles for m in tunnel.messages if m.profiles is not None), None
        )  # fmt: skip
        if chosen is None or listed is None or view.client_hello is None:
            continue
        ok = chosen in view.offered_profiles and chosen in listed
        yield Finding(view.association.first_packet, ok, f"{chosen:#06x} is not in both lists")
        for message in view.key_messages:
            same = message.keys is not None and message.keys.profile == chosen
            yield Finding(message.packet, same, "MediaKeys name another profile")


@rule(
    "R9185-KD-10",
    expected="EndpointDisconnect of the KMF once an association has ended",
    about="ended associations in RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="a KMF that never answers the MDD's EndpointDisconnect",
)
def ends_are_told(subject: Subject) -> Iterator[Finding]:
    """An association that the MDD ended, or whose DTLS closed with an alert, while the tunnel carries on for three
    messages of others: the KMF has sent its EndpointDisconnect by then."""
    for tunnel in subject.rfc9185():
        ended = {m.association_id: n for n, m in enumerate(tunnel.messages)
                 if m.type == Type.ENDPOINT_DISCONNECT and m.from_mdd}  # fmt: skip
        told_by_kmf = {m.association_id for m in tunnel.messages
                       if m.type == Type.ENDPOINT_DISCONNECT and not m.from_mdd}  # fmt: skip
        for id_, place in ended.items():
            later = [
                m
                for m in tunnel.messages[place + 1 :]
                if not m.from_mdd and m.association_id != id_
            ]
            if id_ in told_by_kmf or len(later) >= 3:
                packet = tunnel.messages[place].packet
                yield Finding(packet, id_ in told_by_kmf, "the KMF says nothing of the end")


@rule(
    "R9185-VER-01",
    expected="UnsupportedVersion, and nothing else, in answer to an unknown version",
    about="SupportedProfiles of unknown versions",
    needs=Part.TUNNEL,
    broken_by="a KMF that goes on under a version it does not know",
)
def unknown_versions_are_refused(subject: Subject) -> Iterator[Finding]:
    """Tunnels whose list names a version above 0: what the KMF sends is one UnsupportedVersion."""
    for tunnel in subject.rfc9185():
        lists = [m for m in tunnel.messages if m.type == Type.SUPPORTED_PROFILES and m.version]
        if lists and lists[0].version != bytes((VERSION,)):
            answers = [m for m in tunnel.messages if not m.from_mdd]
            for answer in answers:
                ok = answer.type == Type.UNSUPPORTED_VERSION
                yield Finding(answer.packet, ok, f"type {answer.type} in answer")
