# SPDX-License-Identifier: GPL-2.0-only
"""Tunnels of RFC 9185: TLS, SupportedProfiles first, MediaKeys behind the handshake, disconnects."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.tunnels import KMF
from perc_scapy.codes import ExtensionType, HandshakeType
from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.rules.keys import told
from perc_scapy.conform.rules.relay import links
from perc_scapy.conform.rules.tunnel import start
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView
from perc_scapy.conform.subject.tunnel_view import TunnelView
from perc_scapy.conform.subject.wire import WireMessage

TUNNELS = "RFC 9185 tunnels"
MESSAGES = "messages of RFC 9185 tunnels"
ASSOCIATIONS = "associations in RFC 9185 tunnels"
VERSION = 0
"""The only protocol version (section 6.2)."""


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
        carrier, endpoint = view.association.carrier, view.association.endpoint
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
        endpoint = view.association.endpoint
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
