# SPDX-License-Identifier: GPL-2.0-only
"""Steps of a tunnel handshake, of a tunneled endpoint handshake, and of an EKT key on its way to a member.

The names on the left are those of the flows of April 2016; the mapping to wire messages is that of
draft-jones-perc-dtls-tunnel-00: "+ Profiles" is type 1 on the first message and type 0 later, "+ Key Info" is type 2.
RFC 9185 says both in messages of their own, SupportedProfiles and MediaKeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession, ReceivedEktKey
from perc_scapy.capture.participants import Participant, certificate_of
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.capture.steps import KMF, MDD, Step
from perc_scapy.capture.tls_sessions import TLS_1_3
from perc_scapy.capture.tunnel_streams import RFC9185
from perc_scapy.capture.tunnels import SeenMessage, Tunnel
from perc_scapy.codes import ContentType, EktCipher, HandshakeType, ProtectionProfile
from perc_scapy.crypto.profiles import SRTP_PROFILES

_SERVER_FLIGHT = (
    HandshakeType.SERVER_HELLO,
    HandshakeType.CERTIFICATE,
    HandshakeType.CERTIFICATE_REQUEST,
    HandshakeType.SERVER_HELLO_DONE,
)
_CLIENT_FLIGHT = (
    HandshakeType.CERTIFICATE,
    HandshakeType.CLIENT_KEY_EXCHANGE,
    HandshakeType.CERTIFICATE_VERIFY,
)
_NOT_IN_TLS_1_3 = (HandshakeType.SERVER_HELLO_DONE, HandshakeType.CLIENT_KEY_EXCHANGE)


# -- packets of one handshake in one place


def hello(session: SecuredSession | None) -> int | None:
    """The first ClientHello."""
    return _first(session, HandshakeType.CLIENT_HELLO, True)


def second_hello(session: SecuredSession | None) -> int | None:
    """The ClientHello that answers a HelloVerifyRequest."""
    hellos = [] if session is None else list(session.all(HandshakeType.CLIENT_HELLO, True))
    return hellos[1].packet if len(hellos) > 1 else None


def verify_request(session: SecuredSession | None) -> int | None:
    return _first(session, HandshakeType.HELLO_VERIFY_REQUEST, False)


def server_flight(session: SecuredSession | None) -> int | None:
    """ServerHello to ServerHelloDone with a CertificateRequest; where it begins."""
    found = [_first(session, kind, False) for kind in _flight(session, _SERVER_FLIGHT)]
    return found[0] if all(found) else None


def client_flight(session: SecuredSession | None) -> int | None:
    """Certificate to Finished; where the Finished is."""
    found = [_first(session, kind, True) for kind in _flight(session, _CLIENT_FLIGHT)]
    return finished(session, from_client=True) if all(found) else None


def _flight(session: SecuredSession | None, kinds: tuple[int, ...]) -> list[int]:
    modern = session is not None and session.negotiated == TLS_1_3
    return [kind for kind in kinds if not (modern and kind in _NOT_IN_TLS_1_3)]


def finished(session: SecuredSession | None, *, from_client: bool) -> int | None:
    """The Finished of one side; without keys the first sealed handshake record, which is what it must be."""
    if session is None:
        return None
    opened = session.first(HandshakeType.FINISHED, from_client)
    if opened is not None and opened.epoch:
        return opened.packet
    for seen in session.records:
        ours = (seen.sender == session.client) == from_client
        if ours and seen.record.epoch and seen.kind == ContentType.HANDSHAKE:
            return seen.packet if seen.content is None else None
    return None


def _first(session: SecuredSession | None, kind: int, from_client: bool) -> int | None:
    message = None if session is None else session.first(kind, from_client)
    return None if message is None else message.packet


# -- steps


def tunnel_steps(tunnel: Tunnel | None) -> list[Step]:
    """SS1-01 … SS1-04, with the cookie round trip between the first two; in RFC 9185 with the MDD's first message.

    There the KMF may open the tunnel, and in TLS 1.3 the server's Finished is in its first flight.
    """
    session = None if tunnel is None else tunnel.session
    client, server = (MDD, KMF) if tunnel is None or tunnel.opened_by == "mdd" else (KMF, MDD)
    steps = [
        Step("SS1-01", client, server, "ClientHello", hello(session)),
        *_cookie_rows(session, client, server, "{}"),
        Step("SS1-02", server, client, "ServerHello, Certificate", server_flight(session)),
        Step("SS1-03", client, server, "Certificate, Finished", client_flight(session)),
    ]
    last = Step("SS1-04", server, client, "Finished", finished(session, from_client=False))
    modern = session is not None and session.negotiated == TLS_1_3
    steps.insert(-1 if modern else len(steps), last)
    if session is not None and steps[-1].seen:
        ends = [certificate_of([session], from_client=side) for side in (True, False)]
        if all(ends):
            steps[-1].notes.append("tunnel up, both certificates shown")
    return [*steps, *_profile_row(tunnel)]


def _profile_row(tunnel: Tunnel | None) -> Iterator[Step]:
    """SupportedProfiles, which RFC 9185 has once, and draft-00 with each association's first message."""
    for seen in () if tunnel is None or tunnel.version != RFC9185 else tunnel.messages:
        if seen.message is not None and seen.message.profiles is not None:
            note = _profiles_note(seen.message.profiles)
            yield Step("", MDD, KMF, "SupportedProfiles", seen.packet, [note])
            return


def _profiles_note(profiles: tuple[int, ...]) -> str:
    return "MDD runs profiles " + " ".join(f"{profile:04x}" for profile in profiles)


class _Told(NamedTuple):
    """What one side says beside a DTLS message: the row's text, its packet, and the message if it has a note."""

    text: str
    packet: int | None
    seen: SeenMessage | None = None


def _told_hello(association: Association) -> _Told:
    first = hello(association.tunneled)
    if association.tunnel is not None and association.tunnel.version == RFC9185:
        return _Told("Tunnel(ClientHello)", first)
    listing = _message_at(association, first, profiles=True)
    return _Told("Tunnel(ClientHello) + Profiles", _packet(listing), listing)


def _told_keys(association: Association) -> _Told:
    """In draft-00 keys are in the message with the KMF's Finished (T00-KMF-10), in RFC 9185 in the next one."""
    done = finished(association.tunneled, from_client=False)
    if association.tunnel is None or association.tunnel.version != RFC9185:
        seen = _message_at(association, done, keys=True)
        return _Told("Tunnel(Finished) + Key Info", _packet(seen), seen)
    keys = (seen for seen in association.key_messages() if done and seen.packet >= done)
    seen = next(keys, None)
    return _Told("Tunnel(Finished), MediaKeys", _packet(seen), seen)


def _cookie_rows(session: SecuredSession | None, src: str, dst: str, dress: str) -> list[Step]:
    answer, again = verify_request(session), second_hello(session)
    if answer is None:
        return []
    return [
        Step("", dst, src, dress.format("HelloVerifyRequest"), answer),
        Step("", src, dst, dress.format("ClientHello, cookie"), again),
    ]


def handshake_steps(person: Participant, ids: Callable[[int], str]) -> list[Step]:
    """The eight steps from ClientHello to Finished; `ids(0)` … `ids(7)` name them."""
    association, who = person.association, person.letter
    near, far = association.direct, association.tunneled
    first, keys = _told_hello(association), _told_keys(association)
    steps = [
        Step(ids(0), who, MDD, "ClientHello", hello(near)),
        Step(ids(1), MDD, KMF, first.text, first.packet),
        *_inner_cookie_rows(person),
        Step(ids(2), KMF, MDD, "Tunnel(ServerHello, Certificate)", server_flight(far)),
        Step(ids(3), MDD, who, "ServerHello, Certificate", server_flight(near)),
        Step(ids(4), who, MDD, "Finished", client_flight(near)),
        Step(ids(5), MDD, KMF, "Tunnel(Finished)", client_flight(far)),
        Step(ids(6), KMF, MDD, keys.text, keys.packet),
        Step(ids(7), MDD, who, "Finished", finished(near, from_client=False)),
    ]
    _handshake_notes(steps, person, first.seen, keys.text)
    return steps


def _inner_cookie_rows(person: Participant) -> Iterator[Step]:
    far = _cookie_rows(person.association.tunneled, MDD, KMF, "Tunnel({})")
    near = _cookie_rows(person.association.direct, person.letter, MDD, "{}")
    if len(far) == len(near) == 2:
        yield from (far[0], near[0], near[1], far[1])
    else:
        yield from (*near, *far)


def _message_at(
    association: Association, packet: int | None, *, profiles: bool = False, keys: bool = False
) -> SeenMessage | None:
    """The tunnel message in a packet, if it has what is asked for."""
    for seen in association.carrier.messages if association.carrier else ():
        message = seen.message
        if seen.packet == packet and message is not None:
            fits = (message.profiles is not None) == profiles and (message.keys is not None) == keys
            return seen if fits else None
    return None


def _packet(seen: SeenMessage | None) -> int | None:
    return None if seen is None else seen.packet


def _handshake_notes(
    steps: list[Step], person: Participant, listing: SeenMessage | None, keys: str
) -> None:
    association, who = person.association, person.letter
    by_message = {step.message: step for step in steps if step.seen and step.dst != who}
    if association.carrier is not None and steps[1].seen:
        steps[1].notes.append(
            f"association {association.carrier.association_id.hex()[:8]} is {who}"
        )
    if listing is not None and listing.message is not None and listing.message.profiles:
        steps[1].notes.append(_profiles_note(listing.message.profiles))
    answer = by_message.get("Tunnel(ServerHello, Certificate)")
    if answer is not None:
        answer.notes.append(_choice(association))
    info = by_message.get(keys)
    if info is not None:
        info.notes.append(f"MDD stores HBH({who}): {_hop_ids(association)}")
    exported = association.exported()
    if steps[-1].seen and exported is not None:
        double = SRTP_PROFILES[exported.profile].is_double
        steps[-1].notes.append(f"{who} has HBH and E2E keys" if double else f"{who} has HBH keys")


def _choice(association: Association) -> str:
    profile, cipher = association.srtp_profile, association.ekt_cipher
    known = {int(p): p.name for p in ProtectionProfile}
    text = "no SRTP profile" if profile is None else f"{profile:#06x} {known.get(profile, '')}"
    return f"{text}, EKT {'none' if cipher is None else _cipher_name(cipher)}".replace("_AEAD", "")


def _cipher_name(cipher: int) -> str:
    return EktCipher(cipher).name if cipher in set(EktCipher) else str(cipher)


def _hop_ids(association: Association) -> str:
    told = next((seen.message for seen in association.key_messages()), None)
    if told is None or told.keys is None:
        return "no keys"
    if not told.keys.known:
        return "keys that are blotted out here"
    return f"client {told.keys.client.key.id}, server {told.keys.server.key.id}"


def ekt_steps(
    person: Participant, spi: int | None, name: str, ids: Callable[[int], str]
) -> list[Step]:
    """ekt_key from the KMF to a member and its acknowledgement: four steps. `name`: K1, K2, …"""
    near = far = None
    for association in person.associations:
        near = near or _received(association.direct, spi)
        far = far or _received(association.tunneled, spi)
    who = person.letter
    steps = [
        Step(ids(0), KMF, MDD, f"Tunnel(ekt_key {name})", None if far is None else far[1].packet),
        Step(ids(1), MDD, who, f"ekt_key {name}", None if near is None else near[1].packet),
        Step(ids(2), who, MDD, "ekt_key_ack", _ack(near)),
        Step(ids(3), MDD, KMF, "Tunnel(ekt_key_ack)", _ack(far)),
    ]
    if near is not None:
        parameters = near[1].parameters
        about = f"SPI {parameters.spi:#06x}, key {parameters.key.id}, TTL {parameters.ttl} s"
        steps[1].notes.append(f"{who} holds {name}: {about}")
    return steps


def _received(
    session: DtlsSession | None, spi: int | None
) -> tuple[DtlsSession, ReceivedEktKey] | None:
    for received in session.ekt_keys() if session is not None else ():
        if session is not None and received.parameters.spi == spi:
            return session, received
    return None


def _ack(received: tuple[DtlsSession, ReceivedEktKey] | None) -> int | None:
    if received is None:
        return None
    ack = received[0].acknowledgement(received[1].message)
    return None if ack is None else ack.packet
