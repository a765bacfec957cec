# SPDX-License-Identifier: GPL-2.0-only
"""A conference made by hand whose every octet a test may have otherwise: what each party does is a method to override.

Deliveries inside stay true, so that a conversation goes on after a lie; what is recorded is what the lie puts on the
wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto import EktParameters, Key, SrtpContext
from perc_scapy.crypto.ekt import EktPlaintext, wrap
from perc_scapy.crypto.ekt_sender import EktSender
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.perc import PercSender
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import CryptoError
from perc_scapy.wire import full_ekt_field
from tests.capture import handmade
from tests.capture.handmade import KMF, MDD_MEDIA, MDD_TUNNEL, HandmadeConference, Person, k
from tests.dtls.pairs import seeded

STEP = 0.02
"""Seconds between packets of one speaker."""
PCMU = bytes(160)


@dataclass(frozen=True)
class Sealed:
    """A packet before its outer layer: an MDD makes another one of it for each receiver."""

    header: bytes
    body: bytes
    """Inner ciphertext and tag."""
    ohb: bytes
    field: bytes
    index: int
    """Outer packet index; its low 16 bits are the SEQ of the header."""

    def with_header(self, **parts: int) -> Sealed:
        """With another pt, seq, marker, timestamp or ssrc in the header; the index follows the seq."""
        header, index = bytearray(self.header), self.index
        for name, value in parts.items():
            if name == "pt":
                header[1] = header[1] & 0x80 | value
            elif name == "marker":
                header[1] = header[1] & 0x7F | value << 7
            elif name == "seq":
                header[2:4] = value.to_bytes(2, "big")
                index = index & ~0xFFFF | value
            else:
                at = {"timestamp": 4, "ssrc": 8}[name]
                header[at : at + 4] = value.to_bytes(4, "big")
        return replace(self, header=bytes(header), index=index)


def rtp_header(seq: int, timestamp: int, ssrc: int, pt: int = 0, marker: bool = False) -> bytes:
    """12 octets without CSRCs."""
    numbers = seq.to_bytes(2, "big") + (timestamp & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes((0x80, pt | marker << 7)) + numbers + ssrc.to_bytes(4, "big")


class Stage(HandmadeConference):
    """`join`, `talk`, `give`, `report`; then `analysis()`. The `alter_*` hooks see what goes on the wire."""

    def __init__(self, **options: object) -> None:
        self.alter_message: Callable[[bytes, str], Iterable[bytes]] = lambda raw, sender: [raw]
        """(message, "mdd" or "kmf") -> what is sent into the tunnel instead, one record each."""
        self.alter_dtls: Callable[[bytes, bool, str], bytes | None] = lambda data, up, name: data
        """(datagram, from the endpoint?, whose) -> what both the link and the tunnel have of it."""
        self.alter_link: Callable[[bytes, bool, str], Iterable[bytes]] = lambda data, up, name: [
            data
        ]
        """The same for the endpoint's link alone."""
        self.egress: Callable[[str, str, Sealed], Iterable[Sealed]] = lambda sender, to, one: [one]
        """(sender, receiver, packet) -> what the MDD sends to that receiver."""
        self.egress_key: Callable[[str], MasterKey] = lambda to: self.people[to].keys.server.outer()
        self.ingress_key: Callable[[str], MasterKey] = lambda who: self.people[
            who
        ].keys.client.outer()
        self.spoken: dict[str, int] = {}
        self.reports: dict[str, int] = {}
        self.ring: dict[str, EktParameters] = {}
        super().__init__(**options)

    # -- recording

    def analysis(self) -> Analysis:
        return Analysis(self.trace, self.keylog())

    def wait(self, seconds: float) -> None:
        self.now += seconds

    # -- the tunnel

    def _message(self, message, sender: str) -> None:
        engine, peer = (self.mdd, self.kmf) if sender == "mdd" else (self.kmf, self.mdd)
        ends = (MDD_TUNNEL, KMF) if sender == "mdd" else (KMF, MDD_TUNNEL)
        for raw in self.alter_message(handmade.DRAFT.encode(message, sender), sender):
            engine.send_application(raw)
            for data in engine.datagrams_to_send(self.now):
                self.seen(*ends, data)
                peer.receive_datagram(data, self.now)

    def _tunnel_up(self, message) -> None:
        data = self.alter_dtls(message.dtls, True, self._name(message))
        if data is not None:
            self._message(message._replace(dtls=data), "mdd")

    def _tunnel_down(self, message) -> None:
        data = self.alter_dtls(message.dtls, False, self._name(message))
        if data is not None:
            self._message(message._replace(dtls=data), "kmf")

    def _name(self, message) -> str:
        ids = {p.association_id: name for name, p in self.people.items()}
        return ids.get(message.association_id, "")

    def say_in_tunnel(self, raw: bytes, sender: str) -> None:
        """Any record, true or not."""
        engine = self.mdd if sender == "mdd" else self.kmf
        ends = (MDD_TUNNEL, KMF) if sender == "mdd" else (KMF, MDD_TUNNEL)
        engine.send_application(raw)
        for data in engine.datagrams_to_send(self.now):
            self.seen(*ends, data)

    def seen(self, src, dst, data: bytes) -> None:
        name = next((n for n, p in self.people.items() if p.address in (src, dst)), None)
        if name is None or (data[:1] and not 20 <= data[0] < 64):
            super().seen(src, dst, data)
            return
        up = src == self.people[name].address
        changed = self.alter_dtls(bytes(data), up, name)
        for one in () if changed is None else self.alter_link(changed, up, name):
            super().seen(src, dst, one)

    # -- endpoints

    def give(self, name: str, parameters: EktParameters) -> None:
        """As the plot has it; the endpoint holds its old key for 250 ms."""
        person = self.people[name]
        self.ring[name] = parameters
        person.server.send_ekt_key(parameters)
        while self._carry(person, True) is None:
            pass
        handmade.events(person.client)
        if person.sender is None:
            ekt = EktSender(parameters, key_length=handmade.ROW.layer.key_length, now=self.now,
                            random=seeded(self.seed + name + "media"))  # fmt: skip
            outer = SrtpContext(handmade.ROW.layer.code, *person.keys.client.outer())
            person.sender = PercSender(handmade.PROFILE, outer, ekt)
            return
        with suppress(CryptoError):  # an SPI used twice: endpoints go on with what they have
            person.sender.ekt.set_parameters(parameters, self.now)

    # -- media

    def ssrc(self, name: str) -> int:
        return 0x1000 + ord(name)

    def sealed(self, name: str, **plot: object) -> Sealed:
        """The sender's next packet. `plot` may name another seq, timestamp, ssrc, pt, payload, extension, ohb, field,
        inner key (`key`), `salt`, inner `roc`, `aad`, `outer_roc`."""
        person, ekt = self.people[name], self.people[name].sender.ekt
        n = self.spoken[name] = self.spoken.get(name, 0) + 1
        seq = int(plot.get("seq", 100 + n))
        ssrc = int(plot.get("ssrc", self.ssrc(name)))
        header = rtp_header(seq, int(plot.get("timestamp", 160 * n)), ssrc, int(plot.get("pt", 0)))
        extension = bytes(plot.get("extension", b""))
        if extension:
            header = bytes((header[0] | 0x10,)) + header[1:] + extension
        roc = int(plot.get("roc", 0))
        field = plot.get("field")
        if field is None:
            field = ekt.field(ssrc, roc, self.now)
        master = ekt.master(self.now, ssrc)
        master = MasterKey(Key(plot.get("key", master.key)), Key(plot.get("salt", master.salt)))
        row = handmade.ROW
        short = bytes((header[0] & 0xEF,)) + header[1:12]
        aad = header if plot.get("aad") == "whole" else short
        payload = bytes(plot.get("payload", b"%s %d " % (name.encode(), n) + PCMU))
        body = SrtpContext(row.layer.code, *master).seal(aad, payload, roc << 16 | seq)
        outer_roc = int(plot.get("outer_roc", roc))
        assert person.keys is not None
        return Sealed(
            header, body, bytes(plot.get("ohb", b"\0")), bytes(field), outer_roc << 16 | seq
        )

    def wire(self, one: Sealed, master: MasterKey) -> bytes:
        """With its outer layer and EKT field."""
        context = SrtpContext(handmade.ROW.layer.code, *master)
        return one.header + context.seal(one.header, one.body + one.ohb, one.index) + one.field

    def packet(self, name: str, one: Sealed | None = None, **plot: object) -> Sealed:
        """One packet from an endpoint through the MDD to all others."""
        one = self.sealed(name, **plot) if one is None else one
        self.now += STEP
        super().seen(self.people[name].address, MDD_MEDIA, self.wire(one, self.ingress_key(name)))
        self.deliver(name, one)
        return one

    def deliver(self, name: str, one: Sealed) -> None:
        """What the MDD makes of it."""
        for to in self.people:
            for out in self.egress(name, to, one) if to != name else ():
                self.egress_packet(to, self.wire(out, self.egress_key(to)))

    def egress_packet(self, to: str, wire: bytes) -> None:
        super().seen(MDD_MEDIA, self.people[to].address, wire)

    def talk(self, names: str, packets: int = 10, **plot: object) -> None:
        for _ in range(packets):
            for name in names:
                self.packet(name, **plot)

    def full_field(self, name: str, key: bytes | None = None, **plot: object) -> bytes:
        """A full EKT field with anything in it."""
        ekt, parameters = self.people[name].sender.ekt, self.ring[name]
        master = ekt.master(self.now, self.ssrc(name))
        ssrc, roc = int(plot.get("ssrc", self.ssrc(name))), int(plot.get("roc", 0))
        plain = plot.get("plain") or EktPlaintext(Key(key or master.key), ssrc, roc).encode()
        kek = bytes(plot.get("kek", parameters.key))
        spi = int(plot.get("spi", parameters.spi))
        return full_ekt_field(wrap(kek, bytes(plain)), spi, int(plot.get("epoch", 0)))

    def rtcp(self, name: str, body: bytes | None = None, **plot: object) -> None:
        """An RTCP packet of an endpoint. `plot`: `index`, `master`, `behind` (octets behind it)."""
        index = int(plot.get("index", self.reports.get(name, 0) + 1))
        self.reports[name] = index
        packet = body or b"\x80\xc9\x00\x01" + self.ssrc(name).to_bytes(4, "big")
        context = SrtpContext(
            handmade.ROW.layer.code, *(plot.get("master") or self.ingress_key(name))
        )
        wire = context.protect_rtcp(packet, index=index) + bytes(plot.get("behind", b""))
        super().seen(self.people[name].address, MDD_MEDIA, wire)


def conference(people: str = "AB", packets: int = 10, stage: Stage | None = None) -> Stage:
    """People with K1 who talk."""
    stage = Stage() if stage is None else stage
    for name in people:
        stage.join(name, k(1))
    if packets:
        stage.talk(people, packets)
    return stage


def three(stage: Stage | None = None) -> Stage:
    """All three flows: A and B talk, C joins with K2, all get K2 and talk."""
    stage = conference(stage=stage)
    stage.join("C", k(2))
    stage.give("B", k(2))
    stage.give("A", k(2))
    stage.talk("ABC", 20)
    for name in "ABC":
        stage.rtcp(name)
        stage.rtcp(name)
    return stage


def person(stage: Stage, name: str) -> Person:
    return stage.people[name]


def keylog_without(stage: Stage, *names: str) -> KeyLog:
    """The key log without the secrets of these endpoints."""
    keylog = KeyLog()
    hidden = set()
    for name in names:
        hello = next(d.data for d in stage.trace if d.src == stage.people[name].address)
        hidden.add(hello[27:59].hex())  # record header, handshake header, version: then the random
    lines = [line for line in stage.lines if line.split()[1] not in hidden]
    keylog.add_text("\n".join(lines).encode())
    return keylog


STRONG = int(ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM), int(EktCipher.AESKW_256)
assert STRONG[0] in SRTP_PROFILES
