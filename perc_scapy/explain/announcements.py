# SPDX-License-Identifier: GPL-2.0-only
"""End-to-end keys in the EKT fields of a capture: which there are, which were refused, which never came."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.learned import LearnedKey, learned_keys
from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import EktMessageType
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.explain import ekt
from perc_scapy.explain.absent import EKT, INNER
from perc_scapy.explain.cause import FOUND, MISSING, Cause
from perc_scapy.explain.search import Option, Outcome
from perc_scapy.explain.traffic import Stream, Traffic, stream_of

EPOCH = "RFC 8870 section 4.1: an epoch that was passed is rejected"
TIMING = "RFC 8870 section 4.6"
MAX_LEGACY = 8
"""Keys taken out of EKT fields of other forms, for one stream."""
MAX_READ = 500
"""Packets of one stream that are looked at for such fields."""


class Announcements:
    """EKT keys and end-to-end keys of one analysed capture."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._legacy: dict[Stream, list[Option]] = {}

    @cached_property
    def sets(self) -> list[EktParameters]:
        """Every EKT parameter set that anybody was given."""
        found = (k.parameters for a in self._analysis.associations for k in a.ekt_keys())
        # Who joins later is given the same set with less time to live.
        return list({(p.spi, p.key, p.salt): p for p in found}.values())

    @cached_property
    def learned(self) -> list[LearnedKey]:
        """Every end-to-end key that these sets unwrap."""
        return learned_keys(self._analysis.media, self.sets)

    @cached_property
    def _by_ssrc(self) -> dict[int, list[LearnedKey]]:
        found: dict[int, list[LearnedKey]] = defaultdict(list)
        for key in self.learned:
            found[key.ssrc].append(key)
        return found

    def of(self, ssrc: int) -> list[LearnedKey]:
        """The keys announced for a stream."""
        return self._by_ssrc.get(ssrc, [])

    def roc(self, ssrc: int) -> int | None:
        """The highest ROC announced for a stream."""
        return max((roc for key in self.of(ssrc) for roc in key.rocs), default=None)

    def stream(self, media: MediaPacket) -> list[MediaPacket]:
        """The packets of the same SSRC at the same hop, in the same direction."""
        return self.traffic.stream(media)

    @cached_property
    def traffic(self) -> Traffic:
        return Traffic(self._analysis.media)

    def legacy(self, media: MediaPacket) -> list[Option]:
        """Keys of a stream's fields that no right reading gives."""
        name = stream_of(media)
        if name not in self._legacy:
            self._legacy[name] = self._read_legacy(self.stream(media))
        return self._legacy[name]

    def _read_legacy(self, packets: list[MediaPacket]) -> list[Option]:
        found: dict[bytes, Option] = {}
        for m in [m for m in packets if m.datagram.data[-1] & 1 or m.datagram.data[-1] == 2][
            :MAX_READ
        ]:
            got = ekt.announced(m.datagram.data, self.sets)
            if got is not None and got.faults and len(found) < MAX_LEGACY:
                name = ", and ".join(text for text, _ in got.faults) + f" (packet {m.number})"
                clause = "; ".join(dict.fromkeys(clause for _, clause in got.faults))
                found.setdefault(bytes(got.master.key), Option(got.master, name, clause))
        return list(found.values())

    def passed_epoch(self, media: MediaPacket, outcome: Outcome) -> Cause | None:
        """A receiver had to refuse the key, because a higher epoch came before."""
        master = outcome.options["key"].value if outcome.options else None
        for key in self.of(media.ssrc):
            for m in self.stream(media) if key.master == master else ():
                field = m.opened.ekt
                before = m.number < media.number and field is not None and field.spi == key.spi
                if before and field is not None and field.epoch > key.epoch:
                    later = f"epoch {field.epoch} in packet {m.number}"
                    text = f"its key was announced with epoch {key.epoch} after {later}"
                    return Cause(EKT, FOUND, text, EPOCH)
        return None

    def missing(self, media: MediaPacket, *, opens: bool) -> Cause | None:
        """Why no receiver has the key. `opens`: some announced key does open it."""
        if not self.sets:
            text = "no EKT key: this is what the MDD sees; the inner DTLS association's secret is not in the key log"
            return Cause(INNER, MISSING, text, "RFC 8871 section 6.5")
        field = media.opened.ekt
        if field is not None and field.type == EktMessageType.FULL and not self._held(field.spi):
            text = f"its EKT field names SPI {field.spi:#06x}, which no ekt_key message of the capture brought"
            return Cause(EKT, MISSING, text, ekt.SPI)
        if not self.of(media.ssrc):
            return self._never_announced(media)
        return self._order(media) if opens else None

    def _held(self, spi: int) -> bool:
        return any(parameters.spi == spi for parameters in self.sets)

    def _never_announced(self, media: MediaPacket) -> Cause:
        whose = f"SSRC {media.ssrc:08x}"
        fields = [m.opened.ekt for m in self.stream(media) if m.opened.ekt]
        spis = sorted({field.spi for field in fields if field.type == EktMessageType.FULL})
        if not spis:
            text = f"no full EKT field of {whose} is in the capture: packets with its key are lost"
            return Cause(EKT, MISSING, text + self._gap(media), TIMING)
        held = sorted({parameters.spi for parameters in self.sets})
        text = f"no EKT key unwraps the fields of {whose}: they name SPI {_hex(spis)}, the capture has {_hex(held)}"
        return Cause(EKT, MISSING, text, ekt.SPI)

    def _order(self, media: MediaPacket) -> Cause:
        for m in self.stream(media):
            field = m.opened.ekt
            if m.number > media.number and field is not None and field.type == EktMessageType.FULL:
                text = f"its key is announced only later, in packet {m.number}{self._gap(media)}"
                return Cause(EKT, MISSING, text, TIMING)
        listed = ", ".join(str(epoch) for epoch in sorted({k.epoch for k in self.of(media.ssrc)}))
        text = f"its key was announced with an epoch that a receiver must refuse (epochs of this SSRC: {listed})"
        return Cause(EKT, FOUND, text, EPOCH)

    def _gap(self, media: MediaPacket) -> str:
        """Sequence numbers that are missing in front of a packet."""
        before = [m for m in self.stream(media) if m.number < media.number]
        if not before:
            return "; it is the first of its stream here"
        seq, last = (int.from_bytes(m.datagram.data[2:4], "big") for m in (media, before[-1]))
        lost = (seq - last - 1) % 65536
        return f"; {lost} packets are missing in front of it" if 0 < lost < 1000 else ""


def _hex(numbers: list[int]) -> str:
    return ", ".join(f"{number:#06x}" for number in numbers)
