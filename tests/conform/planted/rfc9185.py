# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 tunnels: order of messages, identifiers, keys, versions."""

from __future__ import annotations

from dataclasses import replace

from perc_scapy.capture.analysis import Analysis
from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.conform.subject import Subject
from perc_scapy.pcap.packets import Datagram
from tests.capture.handmade import MDD_MEDIA, k
from tests.conform.planted.edits import CLIENT_HELLO, SERVER_HELLO, altered, extension
from tests.conform.planted.registry import planted
from tests.conform.planted.relaying import raw_seen
from tests.conform.stage import conference
from tests.conform.tls_stage import TlsStage

SESSION_ID = 56
ID = bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf")


def message(kind: int, body: bytes) -> bytes:
    """Any message."""
    return bytes((kind,)) + len(body).to_bytes(2, "big") + body


def odd(raw: bytes, sender: str = "mdd") -> Analysis:
    """One message more."""
    stage = conference("A", 0, TlsStage())
    stage.say_in_tunnel(raw, sender)
    return stage.analysis()


def rewritten(change, names: str = "A", packets: int = 0) -> Analysis:
    """Each message as `change(raw, sender)` makes it."""
    stage = TlsStage()
    stage.alter_message = lambda raw, sender: [change(raw, sender)]
    return conference(names, packets, stage).analysis()


@planted("R9185-WIRE-01")
def version_is_missing() -> Analysis:
    return odd(message(Type.SUPPORTED_PROFILES, b"\x00\x04\x00\x09\x00\x0a"))


@planted("R9185-TUN-01")
def client_is_anonymous() -> Analysis:
    return conference("A", 0, TlsStage(mutual=False)).analysis()


class Late(TlsStage):
    """A datagram of the endpoint is there before the tunnel."""

    def __init__(self, early: Datagram) -> None:
        self._early = early
        super().__init__()

    def _tunnel_handshake(self) -> None:
        self.trace.append(replace(self._early, number=1, time=self.now))
        super()._tunnel_handshake()


@planted("R9185-TUN-03")
def endpoint_came_first() -> Analysis:
    stage = conference("A", 0, TlsStage())
    hello = next(d for d in stage.trace if d.src == stage.people["A"].address)
    return conference("A", 0, Late(hello)).analysis()


@planted("R9185-MD-01")
def dtls_comes_first() -> Analysis:
    return conference("A", 0, TlsStage(first=())).analysis()


@planted("R9185-MD-02")
def list_changes() -> Analysis:
    return odd(TlsStage.profiles(0x000A))


@planted("R9185-MD-03")
def one_id_for_two() -> Analysis:
    def change(raw: bytes, sender: str) -> bytes:
        return raw[:3] + ID + raw[19:]

    return rewritten(change, "AB")


@planted("R9185-MD-04")
def id_is_a_counter() -> Analysis:
    return rewritten(lambda raw, sender: raw[:3] + bytes(15) + b"\x07" + raw[19:])


@planted("R9185-MD-05", "R9185-MD-07")
def dtls_is_altered_on_tls() -> Analysis:
    def change(raw: bytes, sender: str) -> bytes:
        return raw[:-1] + bytes((raw[-1] ^ 1,)) if sender == "mdd" else raw

    return rewritten(change)


@planted("R9185-MD-06")
def media_before_media_keys() -> Analysis:
    stage = conference("A", 3, TlsStage())

    def early(raw: bytes, sender: str) -> list[bytes]:
        if raw[0] == Type.MEDIA_KEYS:
            person = stage.people["B"]
            keys = stage._export(person.server).server.outer()
            wire = stage.wire(stage.sealed("A"), keys)
            raw_seen(stage, MDD_MEDIA, person.address, wire)
        return [raw]

    stage.alter_message = early
    stage.join("B", k(1))
    return stage.analysis()


@planted("R9185-EP-02")
def hello_without_session_id() -> Analysis:
    stage = TlsStage()
    stage.alter_dtls = altered(CLIENT_HELLO, extension(SESSION_ID, None), up=True)
    return conference("A", 0, stage).analysis()


@planted("R9185-KD-03")
def answer_without_session_id() -> Analysis:
    stage = TlsStage()
    stage.alter_dtls = altered(SERVER_HELLO, extension(SESSION_ID, None), up=False)
    return conference("A", 0, stage).analysis()


@planted("R9185-EP-04")
def kmf_sends_a_hello_on_tls() -> Analysis:
    stage = conference("A", 0, TlsStage())
    hello = next(d.data for d in stage.trace if d.src == stage.people["A"].address)
    at = hello.index(b"\xfe\xfd", 20) + 2
    other = hello[:at] + bytes(32) + hello[at + 32 :]
    body = ID + len(other).to_bytes(2, "big") + other
    stage.say_in_tunnel(message(Type.TUNNELED_DTLS, body), "kmf")
    return stage.analysis()


@planted("R9185-KD-05")
def half_a_record() -> Analysis:
    return odd(message(Type.TUNNELED_DTLS, ID + b"\x00\x08\x16\xfe\xfd" + bytes(5)), "kmf")


@planted("R9185-KD-06", "R9185-KD-12")
def answer_for_nobody() -> Analysis:
    return odd(message(Type.ENDPOINT_DISCONNECT, ID), "kmf")


@planted("R9185-KD-07")
def no_media_keys() -> Analysis:
    stage = TlsStage()
    stage.alter_message = lambda raw, sender: [] if raw[0] == Type.MEDIA_KEYS else [raw]
    return conference("A", 0, stage).analysis()


@planted("R9185-KD-08")
def full_media_keys() -> Analysis:
    stage = TlsStage()

    def full(raw: bytes, sender: str) -> list[bytes]:
        if raw[0] != Type.MEDIA_KEYS:
            return [raw]
        keys = stage._export(stage.people["A"].server)
        fields = (keys.client.key, keys.server.key, keys.client.salt, keys.server.salt)
        body = raw[3:22] + b"".join(bytes((len(f),)) + bytes(f) for f in fields)
        return [message(Type.MEDIA_KEYS, body)]

    stage.alter_message = full
    return conference("A", 0, stage).analysis()


@planted("R9185-KD-09")
def profile_of_nobody_else() -> Analysis:
    return conference("A", 0, TlsStage(first=(TlsStage.profiles(0x000A),))).analysis()


@planted("R9185-KD-10")
def end_is_not_answered() -> Analysis:
    stage = conference("AB", 0, TlsStage())
    stage.say_in_tunnel(message(Type.ENDPOINT_DISCONNECT, stage.people["A"].association_id), "mdd")
    for n in range(2, 6):
        stage.give("B", k(n))
    return stage.analysis()


@planted("R9185-VER-01")
def unknown_version_goes_on() -> Analysis:
    first = message(Type.SUPPORTED_PROFILES, b"\x07\x00\x02\x00\x09")
    return conference("A", 0, TlsStage(first=(first,))).analysis()


def dtls_before_finished(analysis: Analysis) -> Subject:
    """No capture can show it: application data open only behind the handshake. Made up from a good one."""
    subject = Subject(analysis)
    for message_ in subject.tunnels[0].messages:
        message_.packet = 1
    return subject
