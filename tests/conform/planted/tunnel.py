# SPDX-License-Identifier: GPL-2.0-only
"""The tunnel: roles, certificates, form of its messages, identifiers."""

from __future__ import annotations

from pathlib import Path

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import DtlsClient, DtlsServer
from perc_scapy.pcap.packets import Address
from perc_scapy.pcap.reader import open_capture
from tests.capture.handmade import DRAFT, KMF, MDD_MEDIA, MDD_TUNNEL, k
from tests.conform.planted.edits import edit, handshake, is_keys, message
from tests.conform.planted.registry import planted
from tests.conform.stage import Stage, conference
from tests.dtls.pairs import client_config, identity, server_config

CAPTURES = Path(__file__).resolve().parents[3] / "captures"
ID = bytes(range(16))


class KmfDials(Stage):
    """The KMF is the client of the tunnel."""

    def _message(self, message_, sender: str) -> None:
        engine, ends = (
            (self.kmf, (KMF, MDD_TUNNEL)) if sender == "mdd" else (self.mdd, (MDD_TUNNEL, KMF))
        )
        for raw in self.alter_message(DRAFT.encode(message_, sender), sender):
            engine.send_application(raw)
            for data in engine.datagrams_to_send(self.now):
                self.seen(*ends, data)


@planted("T00-TUN-01", "T00-KMF-02")
def kmf_dials() -> Analysis:
    return conference(stage=KmfDials()).analysis()


@planted("T00-TUN-02", "SLD-TRN-03", "R8871-07")
def tunnel_without_certificate() -> Analysis:
    folder = CAPTURES / "violation-tunnel-without-certificate"
    with open_capture(folder / "trace.pcapng") as capture:
        return analyse(capture, Keyring.of([folder / "secrets.keylog"]))


@planted("T00-TUN-03")
def cookie_is_not_shown() -> Analysis:
    stage = conference("A", 0)
    tunnel = [d for d in stage.trace if MDD_TUNNEL in (d.src, d.dst)]
    again = [d for d in tunnel if d.src == MDD_TUNNEL][1].number

    def forget(fragment: bytes) -> bytes:
        at = 12 + 34
        at += 1 + fragment[at]
        length = fragment[at]
        return fragment[: at + 1] + bytes(length) + fragment[at + 1 + length :]

    def change(number: int, data: bytes) -> bytes:
        return handshake(data, HandshakeType.CLIENT_HELLO, forget) if number == again else data

    return edit(stage, change).analysis()


def _odd(*messages: tuple[bytes, str]) -> Analysis:
    """A good start, and then messages of these octets."""
    stage = conference("A", 0)
    for raw, sender in messages:
        stage.say_in_tunnel(raw, sender)
    return stage.analysis()


GOOD = message(ID, b"\x16\xfe\xfd" + bytes(8) + b"\x00\x01\x00")


@planted("T00-TUN-07", "SLD-OBJ-03")
def keep_alive_in_tunnel() -> Analysis:
    return _odd((b"are you there?", "mdd"))


@planted("T00-WIRE-01")
def version_1_1() -> Analysis:
    return _odd((b"\x01\x01" + GOOD[2:], "mdd"))


@planted("T00-WIRE-02")
def short_ids() -> Analysis:
    return _odd((b"\x01\x00" + bytes(8) + b"\x00", "mdd"))


@planted("T00-WIRE-03")
def type_3() -> Analysis:
    return _odd((GOOD[:34] + b"\x03" + GOOD[35:], "mdd"))


@planted("T00-WIRE-04")
def octets_left_over() -> Analysis:
    return _odd((GOOD + b"\x00", "kmf"))


@planted("T00-WIRE-05")
def empty_profile_list() -> Analysis:
    return _odd((message(ID, b"", 1, b"\x00\x00\x00"), "mdd"))


@planted("T00-WIRE-06")
def mki_cut_short() -> Analysis:
    return _odd((GOOD[:34] + b"\x01" + b"\x00\x02\x00\x09" + b"\xff", "mdd"))


@planted("T00-WIRE-07")
def empty_key_field() -> Analysis:
    return _odd((message(ID, b"", 2, b"\x00\x09" + bytes(8)), "kmf"))


@planted("T00-WIRE-08")
def keys_from_the_mdd() -> Analysis:
    def back(raw: bytes, sender: str) -> list[bytes]:
        if is_keys(raw):
            stage.say_in_tunnel(raw, "mdd")
        return [raw]

    stage = Stage()
    stage.alter_message = back
    return conference("A", 0, stage).analysis()


class TwoTunnels(Stage):
    """A second tunnel beside the first; `through` says which one a message takes."""

    def __init__(self, through) -> None:
        super().__init__()
        self._through = through
        first = (self.mdd, self.kmf, MDD_TUNNEL)
        log = self.lines.append
        self.mdd = DtlsClient(client_config("second", identity=identity("mdd"), keylog=log))
        self.kmf = DtlsServer(server_config("second", identity=identity("kmf"), keylog=log))
        self._second = Address("127.0.0.1", 50002)
        self._lanes = [first, (self.mdd, self.kmf, self._second)]
        self._tunnel_handshake()

    def seen(self, src, dst, data: bytes) -> None:
        if (
            getattr(self, "_second", None)
            and MDD_TUNNEL in (src, dst)
            and len(self._lanes) == 2
            and self._raw is None
        ):
            src, dst = (self._second if end == MDD_TUNNEL else end for end in (src, dst))
        super().seen(src, dst, data)

    _raw: bytes | None = None

    def _message(self, message_, sender: str) -> None:
        for raw in self.alter_message(DRAFT.encode(message_, sender), sender):
            self.mdd, self.kmf, address = self._lanes[self._through(raw, sender)]
            engine = self.mdd if sender == "mdd" else self.kmf
            engine.send_application(raw)
            self._raw = raw
            for data in engine.datagrams_to_send(self.now):
                ends = (address, KMF) if sender == "mdd" else (KMF, address)
                self.seen(*ends, data)
            self._raw = None


@planted("T00-MDD-01")
def association_in_two_tunnels() -> Analysis:
    count = {"n": 0}

    def through(raw: bytes, sender: str) -> int:
        count["n"] += sender == "mdd"
        return count["n"] % 2 if sender == "mdd" else 0

    return conference("A", 0, TwoTunnels(through)).analysis()


@planted("T00-KMF-05")
def answers_through_another_tunnel() -> Analysis:
    stage = TwoTunnels(lambda raw, sender: 0)
    conference("A", 0, stage)
    stage._through = lambda raw, sender: 1
    stage.join("B", k(1))
    stage._through = lambda raw, sender: int(sender == "kmf")
    stage.give("A", k(2))
    return stage.analysis()


@planted("T00-KMF-04", "T00-MDD-12")
def unknown_association_relayed() -> Analysis:
    stage = conference("A", 0)
    dtls = b"\x16\xfe\xfd" + b"\x00\x01" + bytes(5) + b"\x77" + b"\x00\x04abcd"
    stage.say_in_tunnel(message(ID, dtls), "kmf")
    Stage.__mro__[1].seen(stage, MDD_MEDIA, stage.people["A"].address, dtls)
    stage.join("B", k(1))  # the numbers of the MDD's records go on: none before was missed
    return stage.analysis()


@planted("T00-MDD-02", "SLD-OBJ-06")
def association_id_changes() -> Analysis:
    stage = Stage()

    def other(raw: bytes, sender: str) -> list[bytes]:
        late = sender == "mdd" and any(
            raw[i : i + 3] == b"\x14\xfe\xfd" for i in range(35, len(raw))
        )
        return [raw[:2] + ID + raw[18:] if late else raw]

    stage.alter_message = other
    return conference("AB", 0, stage).analysis()


@planted("T00-MDD-03")
def one_id_for_two_endpoints() -> Analysis:
    stage = Stage()
    stage.alter_message = lambda raw, sender: [raw[:2] + ID + raw[18:]]
    return conference("AB", 0, stage).analysis()


@planted("T00-MDD-04")
def conference_changes() -> Analysis:
    stage = conference("A", 0)
    stage.alter_message = lambda raw, sender: (
        [raw[:18] + ID + raw[34:]] if sender == "mdd" else [raw]
    )
    stage.give("A", k(2))
    return stage.analysis()


@planted("SLD-TRN-05")
def answer_for_somebody_else() -> Analysis:
    stage = conference("A", 0)

    def twice(data: bytes, up: bool, name: str) -> list[bytes]:
        if not up and name == "B":
            Stage.__mro__[1].seen(stage, MDD_MEDIA, stage.people["A"].address, data)
        return [data]

    stage.alter_link = twice
    stage.join("B", k(1))
    return stage.analysis()


@planted("T00-MDD-05", "SLD-OBJ-07", "SLD-FUN-01")
def first_message_is_empty() -> Analysis:
    stage = Stage()
    stage.alter_message = lambda raw, sender: [_emptied(raw)]
    return conference("A", 0, stage).analysis()


def _emptied(raw: bytes) -> bytes:
    return raw[:34] + b"\x00" + raw[35 + 2 + 2 + 1 :] if raw[34] == 1 else raw


@planted("T00-MDD-06")
def profiles_every_time() -> Analysis:
    stage = Stage()
    body = b"\x00\x02\x00\x09\x00"
    stage.alter_message = lambda raw, sender: [
        raw[:34] + b"\x01" + body + raw[35:] if sender == "mdd" and raw[34] == 0 else raw
    ]
    return conference("A", 0, stage).analysis()


@planted("T00-KMF-09")
def keys_with_the_first_flight() -> Analysis:
    stage = Stage()

    def early(raw: bytes, sender: str) -> list[bytes]:
        flight = (
            sender == "kmf"
            and raw[34] == 0
            and raw[37:40] == b"\x16\xfe\xfd"
            and raw[50] == HandshakeType.SERVER_HELLO
        )
        if not flight:
            return [raw]
        fields = (bytes(16), bytes(range(16)), bytes(12), bytes(range(12)))
        body = b"\x00\x09" + b"".join(len(f).to_bytes(2, "big") + f for f in fields)
        return [raw[:34] + b"\x02" + body + raw[35:]]

    stage.alter_message = early
    return conference("A", 0, stage).analysis()


@planted("T00-MDD-13")
def media_in_the_tunnel() -> Analysis:
    return _odd((message(ID, b"\x80\x00" + bytes(40)), "mdd"))


@planted("T00-KMF-06")
def messages_without_records() -> Analysis:
    return _odd((message(ID, b"\x16\xfe\xfd" + bytes(5)), "kmf"))
