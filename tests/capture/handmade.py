# SPDX-License-Identifier: GPL-2.0-only
"""A conference made by hand from engines and contexts, without the roles: what a capture of it must show is known."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto import EktParameters, Key, SrtpContext, split_exporter
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.ekt_sender import EktSender
from perc_scapy.crypto.kdf import EXPORTER_LABEL, ExportedKeys
from perc_scapy.crypto.perc import PercSender
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import (
    CookieAccepted,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsServer,
    EktKeyReceived,
)
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls
from perc_scapy.wire import peel_ekt
from tests.dtls.pairs import client_config, events, identity, seeded, server_config

PROFILE = int(ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM)
CIPHER = int(EktCipher.AESKW_128)
ROW = SRTP_PROFILES[PROFILE]
CONFERENCE = bytes(range(0xC0, 0xD0))
KMF, MDD_TUNNEL, MDD_MEDIA = (
    Address("127.0.0.1", 4433),
    Address("127.0.0.1", 50000),
    Address("127.0.0.1", 5004),
)
DRAFT = TUNNEL_VERSIONS["draft00"]


@dataclass
class Person:
    """One endpoint with what the KMF and the MDD hold for it."""

    name: str
    address: Address
    client: DtlsClient
    server: DtlsServer
    association_id: bytes
    cookies: CookieExchange
    admitted: bool = False
    keys: ExportedKeys | None = None
    ingress: SrtpContext | None = None
    egress: SrtpContext | None = None
    sender: PercSender | None = None
    ring: EktReceiver | None = None
    seq: int = 100
    parameters: list[EktParameters] = field(default_factory=list)


class HandmadeConference:
    """Every datagram goes into `trace`; every secret into `lines`."""

    def __init__(self, *, cookies: bool = True, seed: str = "handmade", mtu: int = 1200) -> None:
        self.seed, self.cookies, self.mtu = seed, cookies, mtu
        self.now = 1_700_000_000.0
        self.trace: list[Datagram] = []
        self.lines: list[str] = []
        self.people: dict[str, Person] = {}
        self.suppress_keys = False
        self.joins = 0
        log = self.lines.append
        self.mdd = DtlsClient(client_config(seed + "t", identity=identity("mdd"), keylog=log))
        self.kmf = DtlsServer(server_config(seed + "t", identity=identity("kmf"), keylog=log))
        self._tunnel_handshake()

    # -- recording

    def seen(self, src: Address, dst: Address, data: bytes) -> None:
        self.now += 0.001
        self.trace.append(Datagram(len(self.trace) + 1, self.now, src, dst, bytes(data)))

    def keylog(self) -> KeyLog:
        keylog = KeyLog()
        keylog.add_text("\n".join(self.lines).encode())
        return keylog

    def pcapng(self, *, secrets: bool = True) -> bytes:
        stream = io.BytesIO()
        writer = PcapngWriter(stream)
        if secrets:
            writer.secrets(self.keylog().to_text())
        for d in self.trace:
            writer.packet(round(d.time * 1e9), ip_udp(d.src, d.dst, d.data))
        return stream.getvalue()

    # -- the tunnel

    def _tunnel_handshake(self) -> None:
        exchange = CookieExchange(seeded(self.seed + "cookie"), lifetime=60.0)
        self.mdd.start(self.now)
        admitted = not self.cookies
        while not (self.mdd.established and self.kmf.established):
            for data in self.mdd.datagrams_to_send(self.now):
                self.seen(MDD_TUNNEL, KMF, data)
                if not admitted:
                    answer = exchange.check(data, b"mdd", self.now)
                    if isinstance(answer, CookieReply):
                        self.seen(KMF, MDD_TUNNEL, answer.datagram)
                        self.mdd.receive_datagram(answer.datagram, self.now)
                        continue
                    admitted = isinstance(answer, CookieAccepted)
                self.kmf.receive_datagram(data, self.now)
            for data in self.kmf.datagrams_to_send(self.now):
                self.seen(KMF, MDD_TUNNEL, data)
                self.mdd.receive_datagram(data, self.now)

    def _tunnel_up(self, message: TunneledDtls) -> None:
        self.mdd.send_application(DRAFT.encode(message, "mdd"))
        for data in self.mdd.datagrams_to_send(self.now):
            self.seen(MDD_TUNNEL, KMF, data)
            self.kmf.receive_datagram(data, self.now)

    def _tunnel_down(self, message: TunneledDtls) -> None:
        self.kmf.send_application(DRAFT.encode(message, "kmf"))
        for data in self.kmf.datagrams_to_send(self.now):
            self.seen(KMF, MDD_TUNNEL, data)
            self.mdd.receive_datagram(data, self.now)

    # -- endpoints

    def join(self, name: str, parameters: EktParameters) -> Person:
        """A whole handshake through the tunnel, and the EKT key."""
        perc = {"srtp_profiles": (PROFILE,), "ekt_ciphers": (CIPHER,), "keylog": self.lines.append,
                "mtu": self.mtu}  # fmt: skip
        seed = self.seed + name
        self.joins += 1
        person = Person(
            name,
            Address("127.0.0.1", 39999 + self.joins),
            DtlsClient(client_config(seed, identity=identity(name), **perc)),
            DtlsServer(server_config(seed, identity=identity("kmf"), **perc)),
            seeded(seed)(16),
            CookieExchange(seeded(seed + "cookie"), lifetime=60.0),
            admitted=not self.cookies,
        )
        self.people[name] = person
        person.client.start(self.now)
        answered = False
        while not (person.client.established and person.server.established):
            answered = self._carry(person, answered)
        self._keep_keys(person)
        self.give(name, parameters)
        return person

    def give(self, name: str, parameters: EktParameters) -> None:
        """ekt_key and its ACK."""
        person = self.people[name]
        person.parameters.append(parameters)
        person.server.send_ekt_key(parameters)
        while self._carry(person, True) is None:
            pass
        assert any(isinstance(e, EktKeyReceived) for e in events(person.client))
        if person.sender is None:
            ekt = EktSender(parameters, key_length=ROW.layer.key_length,
                            random=seeded(self.seed + name + "media"), now=self.now, hold=0.0)  # fmt: skip
            outer = SrtpContext(ROW.layer.code, *person.keys.client.outer())
            person.sender = PercSender(PROFILE, outer, ekt)
        else:
            person.sender.ekt.set_parameters(parameters, self.now)

    def _carry(self, person: Person, answered: bool) -> bool | None:
        """One round of datagrams; None when something moved and `answered` was set before."""
        moved = False
        for data in person.client.datagrams_to_send(self.now):
            moved = True
            self.seen(person.address, MDD_MEDIA, data)
            profiles = None if answered else (PROFILE,)
            self._tunnel_up(TunneledDtls(person.association_id, data, CONFERENCE, profiles))
            if not person.admitted:
                answer = person.cookies.check(data, b"", self.now)
                if isinstance(answer, CookieReply):
                    answered = True
                    self._down(person, answer.datagram, None)
                    continue
                person.admitted = isinstance(answer, CookieAccepted)
            person.server.receive_datagram(data, self.now)
        for data in person.server.datagrams_to_send(self.now):
            moved = answered = True
            keys = self._hop_keys(person) if data.carries_finished else None
            self._down(person, data, keys)
        return None if moved and answered and person.keys else answered

    def _down(self, person: Person, data: bytes, keys: HopKeys | None) -> None:
        self._tunnel_down(TunneledDtls(person.association_id, bytes(data), CONFERENCE, None, keys))
        self.seen(MDD_MEDIA, person.address, data)
        person.client.receive_datagram(bytes(data), self.now)

    def _hop_keys(self, person: Person) -> HopKeys | None:
        if self.suppress_keys:
            return None
        keys = self._export(person.server)
        return HopKeys(PROFILE, keys.client.outer(), keys.server.outer())

    @staticmethod
    def _export(engine: DtlsServer | DtlsClient) -> ExportedKeys:
        return split_exporter(PROFILE, engine.export(EXPORTER_LABEL, ROW.export_length))

    def _keep_keys(self, person: Person) -> None:
        person.keys = keys = self._export(person.client)
        person.ingress = SrtpContext(ROW.layer.code, *keys.client.outer())
        person.egress = SrtpContext(ROW.layer.code, *keys.server.outer())
        events(person.client)
        events(person.server)

    # -- media

    def say(self, name: str, payload: bytes, *, ssrc: int | None = None) -> bytes:
        """One RTP packet from one person to all others; returns it in plain."""
        person = self.people[name]
        ssrc = 0x1000 + ord(name) if ssrc is None else ssrc
        person.seq += 1
        rtp = (
            b"\x80\x00"
            + (person.seq & 0xFFFF).to_bytes(2, "big")
            + (160 * person.seq & 0xFFFFFFFF).to_bytes(4, "big")
            + ssrc.to_bytes(4, "big")
            + payload
        )
        self.relay(name, person.sender.protect(rtp, self.now))
        return rtp

    def relay(self, name: str, wire: bytes) -> None:
        """What the MDD does with a packet."""
        person = self.people[name]
        self.seen(person.address, MDD_MEDIA, wire)
        srtp, ekt = peel_ekt(wire)
        plain = person.ingress.unprotect(srtp)
        for other in self.people.values():
            if other is not person:
                self.seen(MDD_MEDIA, other.address, other.egress.protect(plain) + ekt.raw)

    def report(self, name: str) -> bytes:
        """An RTCP report, hop by hop."""
        rtcp = b"\x80\xc9\x00\x01" + (0x1000 + ord(name)).to_bytes(4, "big")
        person = self.people[name]
        self.seen(person.address, MDD_MEDIA, person.sender.protect_rtcp(rtcp))
        return rtcp


def k(number: int) -> EktParameters:
    """EKT key K1, K2, …"""
    key = seeded(f"ekt{number}")
    return EktParameters(number, CIPHER, Key(key(16)), Key(key(12)), 86400)


def three_flows(**options: object) -> HandmadeConference:
    """Session Setup 1/2, 2/2 and New User Joins, with a few packets from everybody."""
    talk = HandmadeConference(**options)
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(4):
        talk.say("A", b"A before C %d" % n)
        talk.say("B", b"B before C %d" % n)
    talk.join("C", k(2))
    talk.say("A", b"A late under K1")
    talk.give("B", k(2))
    talk.give("A", k(2))
    for n in range(4):
        for name in "CAB":
            talk.say(name, b"%s together %d" % (name.encode(), n))
    talk.report("A")
    return talk
