# SPDX-License-Identifier: GPL-2.0-only
"""The tunnel between MDD and KMF: who dials, who is authenticated, which identifiers go where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from perc_scapy.capture.participants import certificate_of
from perc_scapy.codes import HandshakeType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView
from perc_scapy.conform.subject.tunnel_view import TunnelView
from perc_scapy.conform.subject.wire import WireMessage
from perc_scapy.dtls.codec import decode_client_hello, decode_hello_verify_request
from perc_scapy.errors import DecodeError

TUNNELS = "tunnels of draft-jones-perc-dtls-tunnel-00"
MESSAGES = "messages of such a tunnel"


def start(tunnel: TunnelView) -> int:
    """The packet in which a tunnel begins."""
    return tunnel.tunnel.session.records[0].packet


@rule(
    "T00-TUN-01",
    expected="the MDD is the DTLS client of the tunnel",
    about=TUNNELS,
    needs=Part.TUNNEL,
    broken_by="the KMF dials the MDD",
)
def mdd_dials(subject: Subject) -> Iterator[Finding]:
    """Who sends profiles and tunneled ClientHellos is the MDD: it must have sent the tunnel's own ClientHello."""
    for tunnel in subject.draft00():
        yield Finding(start(tunnel), tunnel.mdd_is_client, "the KMF sent the tunnel's ClientHello")


@rule(
    "T00-KMF-02",
    expected="a KMF sends no ClientHello for a tunnel",
    about=TUNNELS,
    needs=Part.TUNNEL,
    broken_by="a KMF that answers one MDD dials another",
)
def kmf_never_dials(subject: Subject) -> Iterator[Finding]:
    """Addresses of KMFs are known from tunnels; none of them may be the client of any DTLS association."""
    ends = {id(s): (client, server) for s, client, server in subject.analysis.dtls_sessions()}
    kmfs = set()
    for tunnel in subject.draft00():
        client, server = ends.get(id(tunnel.tunnel.session), (None, None))
        kmfs.add(server if tunnel.mdd_is_client else client)
    for session, client, _ in subject.analysis.dtls_sessions() if kmfs else ():
        yield Finding(
            session.records[0].packet,
            client not in kmfs,
            f"the KMF at {client} sends a ClientHello",
        )


@rule(
    "T00-TUN-02",
    "SLD-TRN-03",
    expected="CertificateRequest, and a certificate of both sides, in the tunnel's handshake",
    about=TUNNELS,
    needs=Part.TUNNEL,
    broken_by="a KMF that lets an MDD in without a certificate",
    shown_in="violation-tunnel-without-certificate",
)
def tunnel_is_mutual(subject: Subject) -> Iterator[Finding]:
    """Each tunnel that carries messages: the handshake shows a request, and non-empty chains from both sides."""
    for tunnel in subject.draft00():
        session = tunnel.tunnel.session
        for kind, from_client, what in (
            (HandshakeType.CERTIFICATE_REQUEST, False, "no CertificateRequest"),
            (HandshakeType.CERTIFICATE, False, "the server shows no certificate"),
            (HandshakeType.CERTIFICATE, True, "the client shows no certificate"),
        ):
            there = session.first(kind, from_client) is not None
            if kind == HandshakeType.CERTIFICATE:
                there = certificate_of([session], from_client=from_client) is not None
            if there or subject.whole:
                yield Finding(start(tunnel), there, what)


@rule(
    "T00-TUN-03",
    expected="after a HelloVerifyRequest, a ServerHello only for a ClientHello with its cookie",
    about="cookie exchanges of tunnels",
    needs=Part.TUNNEL,
    broken_by="a KMF that asks for a cookie and goes on without one",
)
def cookie_comes_back(subject: Subject) -> Iterator[Finding]:
    """Where a ServerHello follows a HelloVerifyRequest, one of the ClientHellos in between has the cookie."""
    for tunnel in subject.draft00():
        session = tunnel.tunnel.session
        cookies = {
            c
            for m in session.all(HandshakeType.HELLO_VERIFY_REQUEST, False)
            if (c := _asked(m.body))
        }
        answer = session.first(HandshakeType.SERVER_HELLO, False)
        if answer is None or not cookies:
            continue
        asked = session.first(HandshakeType.HELLO_VERIFY_REQUEST, False)
        hellos = [
            m for m in session.all(HandshakeType.CLIENT_HELLO, True) if m.packet < answer.packet
        ]
        later = [m for m in hellos if asked is not None and m.packet > asked.packet]
        if later:
            ok = any(_shown(m.body) in cookies for m in hellos)
            if ok or subject.whole:
                yield Finding(
                    answer.packet, ok, "ServerHello though no ClientHello showed the cookie"
                )


def _asked(body: bytes) -> bytes:
    try:
        return decode_hello_verify_request(body).cookie
    except DecodeError:
        return b""


def _shown(body: bytes) -> bytes | None:
    try:
        return decode_client_hello(body).cookie
    except DecodeError:
        return None


@rule(
    "R8871-07",
    expected="no answer to an endpoint's DTLS before the MDD has shown its certificate",
    about="tunneled handshakes",
    needs=Part.TUNNEL,
    broken_by="a KMF that runs DTLS-SRTP through a tunnel whose client stayed anonymous",
    shown_in="violation-tunnel-without-certificate",
)
def mdd_is_known_first(subject: Subject) -> Iterator[Finding]:
    """The first tunneled ServerHello of each association comes after the tunnel client's Certificate."""
    for view in subject.tunneled():
        assert view.tunnel is not None
        session = view.tunnel.tunnel.session
        answers = [m for m in view.messages if HandshakeType.SERVER_HELLO in m.handshake_types]
        for answer in answers[:1]:
            ok = certificate_of([session], from_client=True) is not None
            if ok or subject.whole:
                text = "the KMF answers through a tunnel of an unknown MDD"
                yield Finding(answer.packet, ok, text)


@rule(
    "T00-TUN-07",
    "SLD-OBJ-03",
    expected="application data of a tunnel are tunnel messages, one a record",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="a keep-alive of the MDD's own invention",
    shown_in="violation-tunnel-messages",
)
def only_messages(subject: Subject) -> Iterator[Finding]:
    """Every record reads as one message from front to end. A fault of form fails the clause of that form as well."""
    for _, message in subject.messages():
        fault = message.fault
        yield Finding(message.packet, fault is None, "" if fault is None else fault.text)


# -- identifiers


@rule(
    "T00-MDD-01",
    expected="all messages of an association go through one tunnel",
    about="associations in tunnels",
    needs=Part.TUNNEL,
    broken_by="an MDD that spreads the datagrams of one endpoint over two tunnels",
)
def one_tunnel(subject: Subject) -> Iterator[Finding]:
    """One handshake (client random), or one datagram of its endpoint, must not show up in two tunnels."""
    homes: dict[bytes, int] = {}
    for n, tunnel in enumerate(subject.draft00()):
        for message in tunnel.messages:
            for name in _names(message) if message.from_mdd else ():
                first = homes.setdefault(name, n)
                yield Finding(message.packet, first == n, "seen in another tunnel before")


def _names(message: WireMessage) -> Iterator[bytes]:
    """What stays the same when a handshake is carried elsewhere: the random of a ClientHello."""
    for record in message.records:
        if message.has_client_hello and not record.epoch and len(record.fragment) >= 46:
            yield record.fragment[14:46]


@rule(
    "T00-KMF-05",
    expected="answers leave through the tunnel that the association came through",
    about="answers of the KMF",
    needs=Part.TUNNEL,
    broken_by="a KMF that answers through whichever tunnel is free",
)
def answers_stay_home(subject: Subject) -> Iterator[Finding]:
    """A KMF's message names an id that the MDD used in the same tunnel, not one that it used in another only. Tunnels
    may number alike: where records are missing, nothing is said."""
    used = [{m.association_id for m in t.messages if m.from_mdd} for t in subject.draft00()]
    everywhere = set().union(*used)
    for tunnel, own in zip(subject.draft00(), used, strict=True):
        elsewhere = everywhere - own
        for message in tunnel.messages:
            if not message.from_mdd and message.association_id:
                ok = message.association_id not in elsewhere
                if ok or tunnel.complete(from_mdd=True, until=message.packet):
                    text = "its association came through another tunnel"
                    yield Finding(message.packet, ok, text)


@rule(
    "T00-KMF-04",
    expected="the association id of an answer is one that the MDD gave out in this tunnel",
    about="answers of the KMF",
    needs=Part.TUNNEL,
    broken_by="a KMF that makes up an id for its answers",
)
def answers_use_known_ids(subject: Subject) -> Iterator[Finding]:
    """Where the capture has every record of the MDD so far, an id that is not among them was never given out."""
    everywhere = {m.association_id for t in subject.draft00() for m in t.messages if m.from_mdd}
    for tunnel in subject.draft00():
        for message in tunnel.messages:
            if message.from_mdd or message.association_id is None:
                continue
            known = message.association_id in everywhere
            if known or tunnel.settled(message.packet):
                yield Finding(message.packet, known, "an association id that no MDD gave out")


@rule(
    "T00-MDD-12",
    expected="nothing of a KMF message for an unknown association reaches an endpoint",
    about="KMF messages for associations that the MDD never announced",
    needs=Part.TUNNEL,
    broken_by="an MDD that sends it to the last endpoint it heard of",
)
def unknown_ids_are_dropped(subject: Subject) -> Iterator[Finding]:
    """Such a message's DTLS must not appear in any datagram of the capture outside of the tunnel. Unknown is an id only
    where nothing that the MDD sent before is missing."""
    passed = {d.data: d.number for d in subject.analysis.datagrams}
    known = {m.association_id for t in subject.draft00() for m in t.messages if m.from_mdd}
    for tunnel, message in subject.messages():
        if message.from_mdd or message.association_id in known or not message.dtls:
            continue
        if tunnel.settled(message.packet):
            at = passed.get(message.dtls)
            yield Finding(at or message.packet, at is None, "it was sent on to an endpoint")


@rule(
    "T00-MDD-02",
    "SLD-OBJ-06",
    expected="one association identifier in all messages of an association",
    about="datagrams of endpoints in a tunnel",
    needs=Part.TUNNEL,
    broken_by="an MDD that changes the id in the middle of a handshake",
    shown_in="violation-association-id-changed",
)
def ids_stay(subject: Subject) -> Iterator[Finding]:
    """Each tunneled datagram is looked up on the endpoint's link: it must carry the id of that link's ClientHello.
    Without the link: an id of the MDD's under which the tunnel shows no ClientHello at all."""
    for tunnel in subject.draft00():
        owners = _owners(subject, tunnel)
        began = {m.association_id for m in tunnel.messages if m.from_mdd and m.has_client_hello}
        for message in tunnel.messages:
            if not message.from_mdd or not message.dtls or message.association_id is None:
                continue
            due = owners.get(message.dtls)
            if due is not None:
                text = f"id {message.association_id.hex()[:8]}, before {due.hex()[:8]}"
                yield Finding(message.packet, message.association_id == due, text)
            elif tunnel.complete(from_mdd=True, until=message.packet):
                ok = message.association_id in began
                yield Finding(message.packet, ok, "an id under which no handshake began")


def _owners(subject: Subject, tunnel: TunnelView) -> dict[bytes, bytes]:
    """Datagram of an endpoint -> the id under which its handshake began in this tunnel."""
    data = {d.number: d.data for d in subject.analysis.datagrams}
    found: dict[bytes, bytes] = {}
    for view in subject.tunneled("draft00"):
        association = view.association
        if view.tunnel is tunnel and association.direct and association.carrier:
            session = association.direct
            for seen in session.records:
                if seen.sender == session.client and seen.packet in data:
                    found[data[seen.packet]] = association.carrier.association_id
    return found


@rule(
    "T00-MDD-03",
    expected="no two endpoint associations share an identifier in a tunnel",
    about="associations in tunnels",
    needs=Part.TUNNEL,
    broken_by="an MDD that numbers all its endpoints alike",
)
def ids_are_unique(subject: Subject) -> Iterator[Finding]:
    """Several handshakes under one id are one endpoint's (a new one on a live pair keeps the id); those of different
    addresses, or of different certificates where the link is not captured, are not."""
    for tunnel in subject.draft00():
        for group in _by_id(subject, tunnel).values():
            people = [_person(view) for view in group]
            first = next((p for p in people if p is not None), None)
            for view, person in zip(group, people, strict=True):
                ok = person is None or person == first
                yield Finding(view.association.first_packet, ok, "the id of another endpoint")


def _by_id(subject: Subject, tunnel: TunnelView) -> dict[bytes, list[InnerView]]:
    found: dict[bytes, list[InnerView]] = defaultdict(list)
    for view in subject.tunneled("draft00"):
        carrier = view.association.carrier
        if view.tunnel is tunnel and carrier is not None:
            found[carrier.association_id].append(view)
    return found


def _person(view: InnerView) -> object:
    association = view.association
    return association.endpoint or certificate_of(association.sessions, from_client=True)


@rule(
    "T00-MDD-04",
    expected="every message of an association names the same conference",
    about=MESSAGES,
    needs=Part.TUNNEL,
    broken_by="a message that names a conference which the association does not belong to",
    shown_in="violation-conference-id-changed",
)
def conference_stays(subject: Subject) -> Iterator[Finding]:
    """The conference of an association is what the MDD's first message says; all others, both ways, repeat it."""
    for tunnel in subject.draft00():
        due: dict[bytes, bytes] = {}
        for message in tunnel.messages:
            id_, conference = message.association_id, message.conference_id
            if id_ is None or conference is None or (id_ not in due and not message.from_mdd):
                continue
            first = due.setdefault(id_, conference)
            text = f"conference {conference.hex()[:8]}, before {first.hex()[:8]}"
            yield Finding(message.packet, conference == first, text)


@rule(
    "SLD-TRN-05",
    expected="what the KMF sends for one association reaches that endpoint only",
    about="datagrams relayed from the KMF",
    needs=Part.TUNNEL,
    broken_by="an MDD that sends the flight of one endpoint to another",
)
def answers_reach_their_endpoint(subject: Subject) -> Iterator[Finding]:
    """The DTLS of a KMF message is looked for on the links of all endpoints: only its own association's may have it."""
    homes: dict[bytes, set[object]] = defaultdict(set)
    mdds = {view.association.mdd for view in subject.tunneled("draft00")}
    for view in subject.tunneled("draft00"):
        for message in view.messages:
            if not message.from_mdd and message.dtls and view.association.endpoint:
                homes[message.dtls].add(view.association.endpoint)
    for datagram in subject.analysis.datagrams if homes else ():
        ends = homes.get(datagram.data)
        if ends and datagram.src in mdds:  # an alert of somebody else may have the same octets
            ok = datagram.dst in ends
            yield Finding(datagram.number, ok, f"sent to {datagram.dst} instead")
