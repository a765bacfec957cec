# SPDX-License-Identifier: GPL-2.0-only
"""Tunnels of RFC 9185: TLS, SupportedProfiles first, MediaKeys behind the handshake, disconnects."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.codes import HandshakeType
from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.relay import links, seen_endpoint
from perc_scapy.conform.rules.tunnel import start
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.tunnel_view import TunnelView
from perc_scapy.conform.subject.wire import WireMessage

TUNNELS = "RFC 9185 tunnels"
MESSAGES = "messages of RFC 9185 tunnels"
ASSOCIATIONS = "associations in RFC 9185 tunnels"


def messages(subject: Subject) -> Iterator[tuple[TunnelView, WireMessage]]:
    """Every message of every RFC 9185 tunnel."""
    return ((tunnel, m) for tunnel in subject.rfc9185() for m in tunnel.messages)


def of_type(subject: Subject, type_: Type) -> Iterator[WireMessage]:
    """Messages of one type that read well."""
    return (m for _, m in messages(subject) if m.type == type_ and m.fault is None)


@rule(
    "R9185-WIRE-01",
    expected="type, two octets of length and a body of just that form",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="a SupportedProfiles without its version octet",
)
def messages_are_whole(subject: Subject) -> Iterator[Finding]:
    """Each message is read field by field; types 0 and 6 to 255 have no form."""
    for _, message in messages(subject):
        text = "" if message.fault is None else message.fault.text
        yield Finding(message.packet, message.fault is None, text)


@rule(
    "R9185-TUN-01",
    expected="a certificate of both sides in the tunnel's handshake",
    about=TUNNELS,
    needs=Part.TUNNEL,
    broken_by="a tunnel whose client stays anonymous",
)
def tunnel_is_mutual(subject: Subject) -> Iterator[Finding]:
    """Certificate messages of client and server, with something in them, in each tunnel that carries messages."""
    for tunnel in subject.rfc9185():
        for from_client, side in ((False, "server"), (True, "client")):
            if not tunnel.tunnel.session.messages:  # exported PDUs: nobody saw a handshake
                continue
            message = tunnel.tunnel.session.first(HandshakeType.CERTIFICATE, from_client)
            # An empty chain has 3 octets, in TLS 1.3 one more for the empty request context.
            ok = message is not None and len(message.body) > 8
            yield Finding(start(tunnel), ok, f"the {side} shows no certificate")


@rule(
    "R9185-TUN-02",
    expected="no DTLS in the tunnel before its handshake is complete",
    about="tunneled DTLS",
    needs=Part.TUNNEL,
    broken_by="endpoint DTLS in early data",
)
def handshake_comes_first(subject: Subject) -> Iterator[Finding]:
    """The first TunneledDtls of each tunnel comes after the Finished of its client."""
    for tunnel in subject.rfc9185():
        finished = tunnel.tunnel.session.first(HandshakeType.FINISHED, True)
        first = next((m for m in tunnel.messages if m.type == Type.TUNNELED_DTLS), None)
        if first is not None and finished is not None:
            ok = finished.packet <= first.packet
            yield Finding(first.packet, ok, "TunneledDtls before the tunnel's Finished")


@rule(
    "R9185-TUN-03",
    expected="the tunnel stands before the first DTLS of an endpoint",
    about="endpoints whose link is captured",
    needs=Part.TUNNEL,
    broken_by="an MDD that dials only when somebody knocks",
)
def tunnel_stands_early(subject: Subject) -> Iterator[Finding]:
    """The first ClientHello of any endpoint against the Finished of the first tunnel's client."""
    tunnels = list(subject.rfc9185())
    hellos = [v.association.first_packet for v in subject.tunneled("rfc9185")
              if v.association.direct is not None]  # fmt: skip
    done = [
        f.packet for t in tunnels if (f := t.tunnel.session.first(HandshakeType.FINISHED, True))
    ]
    if hellos and done:
        first = min(hellos)
        yield Finding(
            first, min(done) < first, "an endpoint's ClientHello before the tunnel stands"
        )


@rule(
    "R9185-MD-01",
    expected="SupportedProfiles as the MDD's first message on each connection",
    about=TUNNELS,
    needs=Part.TUNNEL,
    broken_by="TunneledDtls before the list",
    shown_in="violation-rfc9185-profiles-missing",
)
def profiles_come_first(subject: Subject) -> Iterator[Finding]:
    """First message of the MDD in each tunnel."""
    for tunnel in subject.rfc9185():
        first = next((m for m in tunnel.messages if m.from_mdd), None)
        if first is not None:
            ok = first.type == Type.SUPPORTED_PROFILES
            yield Finding(first.packet, ok, f"type {first.type} first")


@rule(
    "R9185-MD-02",
    expected="the same profile list for the life of a connection",
    about="profile lists of RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="a second SupportedProfiles with another list",
)
def list_stays(subject: Subject) -> Iterator[Finding]:
    """All SupportedProfiles of one tunnel."""
    for tunnel in subject.rfc9185():
        lists = [m for m in tunnel.messages if m.profiles is not None]
        for message in lists:
            ok = message.profiles == lists[0].profiles
            yield Finding(message.packet, ok, "another list than at first")


@rule(
    "R9185-MD-03",
    expected="one association id for each association, in all its messages",
    about=ASSOCIATIONS,
    needs=Part.TUNNEL,
    broken_by="one id for two endpoints",
)
def ids_are_unique(subject: Subject) -> Iterator[Finding]:
    """Handshakes of different addresses never share an id; and a datagram that the endpoint sent is tunneled under the
    id of its ClientHello."""
    homes: dict[bytes, object] = {}
    ids: dict[bytes, bytes] = {}
    for view in subject.tunneled("rfc9185"):
        carrier, endpoint = view.association.carrier, seen_endpoint(view)
        if carrier is None or endpoint is None:
            continue
        first = homes.setdefault(carrier.association_id, endpoint)
        yield Finding(
            view.association.first_packet, first == endpoint, "the id of another endpoint"
        )
        for datagram in links(subject)[endpoint][0]:
            ids.setdefault(datagram, carrier.association_id)
    for message in of_type(subject, Type.TUNNELED_DTLS):
        due = ids.get(message.dtls or b"") if message.from_mdd else None
        if due is not None:
            yield Finding(message.packet, message.association_id == due, "another id than before")


@rule(
    "R9185-MD-04",
    expected="a version 4 UUID",
    about="association ids of RFC 9185 tunnels",
    needs=Part.TUNNEL,
    broken_by="a counter in 16 octets",
)
def ids_are_uuids(subject: Subject) -> Iterator[Finding]:
    """Version and variant bits (RFC 4122 section 4.4) of every id that the MDD uses."""
    for _, message in messages(subject):
        id_ = message.association_id
        if id_ is not None and message.from_mdd:
            ok = id_[6] >> 4 == 4 and id_[8] >> 6 == 2
            yield Finding(message.packet, ok, f"id {id_.hex()}")


@rule(
    "R9185-MD-05",
    "R9185-MD-07",
    expected="endpoint datagrams in TunneledDtls, octet for octet, both ways",
    about="datagrams of endpoints whose link and RFC 9185 tunnel are both captured",
    needs=Part.TUNNEL,
    broken_by="an MDD that alters or swallows datagrams",
)
def dtls_is_passed_on(subject: Subject) -> Iterator[Finding]:
    """What the tunnel has of the MDD is on the link; and of what the KMF sends, no four in a row are missing there."""
    both = links(subject)
    for view in subject.tunneled("rfc9185"):
        endpoint = seen_endpoint(view)
        if endpoint is None:
            continue
        up, down = both[endpoint]
        run = 0
        for message in view.messages:
            if message.dtls and message.from_mdd:
                yield Finding(message.packet, message.dtls in up, "octets that no endpoint sent")
            elif message.dtls:
                run = 0 if message.dtls in down else run + 1
                yield Finding(message.packet, run < 4, f"{run} datagrams of the KMF were kept back")


@rule(
    "R9185-MD-06",
    expected="media toward an endpoint under the keys of its MediaKeys, and not before these",
    about="media toward endpoints of RFC 9185 tunnels",
    needs=Part.TUNNEL | Part.HOP,
    broken_by="keys of another endpoint",
)
def told_keys_are_used(subject: Subject) -> Iterator[Finding]:
    """Each packet toward an endpoint that had MediaKeys opens with its hop keys; what opens with those of another hop,
    or stands before them, is a fault."""
    keyed = {
        v.association.endpoint: v.key_messages[0].packet
        for v in subject.tunneled("rfc9185")
        if v.key_messages and v.association.endpoint is not None
    }
    foreign = {id(m): name for m, name in subject.doubts.foreign}
    for m in subject.packets.rtp + subject.packets.rtcp:
        since = keyed.get(m.datagram.dst)
        if since is None or (m.opened.outer is None and id(m) not in foreign):
            continue
        if id(m) in foreign:
            yield Finding(m.number, False, f"opens with the keys of {foreign[id(m)]}")
        else:
            yield Finding(m.number, m.number > since, "media before MediaKeys")
