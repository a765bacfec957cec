# SPDX-License-Identifier: GPL-2.0-only
"""Why one SRTP or SRTCP packet stayed closed: what is missing first, then what may have been done differently."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import DecodeError
from perc_scapy.explain import ekt
from perc_scapy.explain.absent import HOP, INNER, RTCP, absent, profile_of
from perc_scapy.explain.announcements import Announcements
from perc_scapy.explain.budget import Budget
from perc_scapy.explain.cause import FOUND, MISSING, UNKNOWN, Cause, of_search
from perc_scapy.explain.indices import estimates
from perc_scapy.explain.inner import explain_inner
from perc_scapy.explain.keys import hop_options, inner_options
from perc_scapy.explain.outer import explain_outer
from perc_scapy.explain.relay import Relays
from perc_scapy.explain.rtcp import explain_rtcp
from perc_scapy.explain.search import Option

MAX_FOREIGN = 400
"""Keys of other streams and associations, and salts, that are tried on a packet: of each sort."""
_HOPELESS = (
    "no hypothesis opens it: altered on the way, or sealed with a key that is not in this capture"
)
_NOT_SEARCHED = (
    "not searched, because so much of this capture stays closed; `--packet N` searches one packet"
)
LATE = Cause(
    INNER,
    FOUND,
    "it opens, but only with a key that came to this hop later or not at all: no receiver could open it when it came",
    "RFC 8870 section 4.3.2",
)


class PacketExplainer:
    """Explains media packets of one analysed capture."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._announced = Announcements(analysis)
        self._relays = Relays(analysis)
        self._budget = Budget()
        self._fitted: dict[object, dict[str, Option]] = {}
        self._inner_halves: dict[int, list[Option]] = {}
        self._hops: dict[object, list[Option]] = {}

    @cached_property
    def _estimates(self) -> dict[int, int]:
        return estimates(self._analysis.media)

    def explain(self, media: MediaPacket) -> Cause:
        """The cause; of kind `open` when the packet did open."""
        missing = absent(self._analysis, media, self._announced.traffic)
        if missing is not None or media.association is None:
            return missing or Cause(HOP, UNKNOWN, _HOPELESS)
        if not self._budget.limit(_place(media)):
            return Cause(RTCP if media.kind == "rtcp" else HOP, UNKNOWN, _NOT_SEARCHED)
        row = SRTP_PROFILES[profile_of(media.association)]
        if media.kind == "rtcp":
            return self._rtcp(media, media.association, row)
        if not media.opened.hop_opened:
            return self._outer(media, media.association, row)
        return self._inner(media, media.association, row)

    # -- one layer each

    def _hop_keys(self, media: MediaPacket, association: Association) -> list[Option]:
        everyone, name = self._analysis.associations, (id(association), media.from_endpoint)
        if name not in self._hops:
            found = hop_options(association, everyone, from_endpoint=media.from_endpoint)
            self._hops[name] = found[:MAX_FOREIGN]
        return self._hops[name]

    def _outer(self, media: MediaPacket, association: Association, row: SrtpProfile) -> Cause:
        has_ekt = association.ekt_cipher is not None
        found = ekt.announced(media.datagram.data, self._announced.sets) if has_ekt else None
        stream = id(association), media.from_endpoint, media.ssrc
        try:
            outcome = explain_outer(
                media.datagram.data,
                row.layer,
                self._hop_keys(media, association),
                has_ekt=has_ekt,
                estimate=self._estimates.get(media.number, 0),
                announced=found.roc if found else None,
                first=self._fitted.get(stream),
                limit=self._budget.limit(_place(media)),
            )
        except DecodeError as error:
            return Cause(HOP, FOUND, f"it is no RTP packet: {error}", "RFC 3550 section 5.1")
        self._budget.spend(_place(media), outcome)
        if outcome.options is not None:
            self._fitted[stream] = outcome.options
        return of_search(HOP, outcome, _HOPELESS)

    def _rtcp(self, media: MediaPacket, association: Association, row: SrtpProfile) -> Cause:
        keys = self._hop_keys(media, association)
        limit = self._budget.limit(_place(media))
        outcome = explain_rtcp(media.datagram.data, row.layer, keys, limit)
        return of_search(RTCP, self._budget.spend(_place(media), outcome), _HOPELESS)

    def _inner(self, media: MediaPacket, association: Association, row: SrtpProfile) -> Cause:
        outer = media.opened.outer
        hopeless = f"{_HOPELESS} ({media.opened.problem})" if media.opened.problem else _HOPELESS
        if outer is None or not row.is_double:
            return Cause(INNER, UNKNOWN, hopeless)
        own = ekt.announced(media.datagram.data, self._announced.sets)
        outcome = explain_inner(
            outer,
            row.layer,
            self._inner_keys(media, association),
            estimate=self._estimates.get(media.number, 0),
            announced=own.roc if own else self._announced.roc(media.ssrc),
            limit=self._budget.limit(_place(media)),
        )
        self._budget.spend(_place(media), outcome)
        if outcome.deviations:
            return of_search(INNER, outcome, "")
        if media.opened.late:
            return self._announced.passed_epoch(media, outcome) or LATE
        relayed = self._relays.explain(media) or self._own_media(media)
        missing = relayed or self._announced.missing(media, opens=outcome.found)
        return missing or of_search(INNER, outcome, hopeless)

    def _own_media(self, media: MediaPacket) -> Cause | None:
        """A stream that no endpoint sends."""
        if media.from_endpoint or self._relays.sends(media.ssrc) or not self._relays.sees_any:
            return None
        text = f"no endpoint sends SSRC {media.ssrc:08x}: it is the MDD's own, with the hop-by-hop layer alone"
        return Cause(
            INNER, MISSING, text, "RFC 8723 section 5.1: the end-to-end layer is the sender's"
        )

    # -- end-to-end keys that may have been used

    def _inner_keys(self, media: MediaPacket, association: Association) -> list[Option]:
        found = [Option(key.master) for key in self._announced.of(media.ssrc)]
        found += self._announced.legacy(media)
        found += islice(self._other_streams(media), MAX_FOREIGN)
        found += islice(self._other_salts(media), MAX_FOREIGN)
        if id(association) not in self._inner_halves:
            halves = inner_options(association, self._analysis.associations)
            self._inner_halves[id(association)] = halves[:MAX_FOREIGN]
        return found + self._inner_halves[id(association)]

    def _other_streams(self, media: MediaPacket) -> Iterator[Option]:
        for key in self._announced.learned:
            if key.ssrc != media.ssrc:
                text = f"the end-to-end key is the one announced for SSRC {key.ssrc:08x}"
                yield Option(key.master, text, ekt.NAMES_STREAM)

    def _other_salts(self, media: MediaPacket) -> Iterator[Option]:
        """The announced key with another salt than that of its EKT key."""
        for key in self._announced.of(media.ssrc):
            for parameters in self._announced.sets:
                if len(parameters.salt) > 12:
                    last = MasterKey(key.master.key, Key(parameters.salt[-12:]))
                    yield Option(
                        last, "the last octets of the salt are used, not the first", ekt.SALT
                    )
                if parameters.spi != key.spi:
                    other = MasterKey(key.master.key, Key(parameters.salt[:12]))
                    yield Option(other, f"the salt is that of SPI {parameters.spi:#06x}", ekt.SALT)
            for salt in self._exported_salts:
                text = "the inner half of the exported salt is kept, where the salt of ekt_key replaces it"
                yield Option(MasterKey(key.master.key, salt), text, "RFC 8871 section 4.5.1")

    @cached_property
    def _exported_salts(self) -> list[Key]:
        found = []
        for association in self._analysis.associations:
            full = association.exported()
            if full is not None and SRTP_PROFILES[full.profile].is_double:
                found += [full.client.inner().salt, full.server.inner().salt]
        return found


def _place(media: MediaPacket) -> tuple[str, int, bool, bool]:
    """Packets of one direction of one association, by the layer that stayed closed."""
    return media.kind, id(media.association), media.from_endpoint, media.opened.hop_opened
