# SPDX-License-Identifier: GPL-2.0-only
"""One participant as the forwarder sees it: the two SRTP contexts of its hop, and what goes out to it.

Only outer halves of keys ever come here (RFC 8871 section 4.5): there is nothing to open an inner layer with.
"""

from __future__ import annotations

from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError
from perc_scapy.roles.mdd.events import Path
from perc_scapy.roles.mdd.forwarder_egress import EgressStream
from perc_scapy.tunnel.messages import HopKeys


class Leg:
    """Hop keys of one association, and its place in the conference. `receive` / `receive_rtcp` open, `egress` seals."""

    __slots__ = (
        "_next_egress",
        "_old_ingress",
        "association_id",
        "double",
        "egress",
        "hold_until",
        "ingress",
        "last_seen",
        "out",
        "path",
        "profile",
        "receivers",
        "said_bye",
        "sources",
        "version",
    )

    def __init__(self, association_id: bytes, path: Path, keys: HopKeys, now: float) -> None:
        self.association_id, self.path = association_id, path
        self.last_seen = now
        """When a packet of this participant last authenticated."""
        self.out: dict[int, EgressStream] = {}
        """By SSRC, under the present egress key."""
        self.sources: set[int] = set()
        """SSRCs that this association ever owned: each costs every receiver a little memory for good."""
        self.receivers: tuple[Leg, ...] = ()
        self.said_bye = False
        """It had SSRCs and has ended them all: it is about to go."""
        self.version = -1
        self.hold_until: float | None = None
        """While a re-key is under way: when the old keys go."""
        self._old_ingress: SrtpContext | None = None
        self._next_egress: SrtpContext | None = None
        self.ingress, self.egress = self._contexts(keys)

    def _contexts(self, keys: HopKeys) -> tuple[SrtpContext, SrtpContext]:
        row = SRTP_PROFILES[keys.profile]
        self.profile, self.double = keys.profile, row.is_double
        return SrtpContext(row.layer.code, *keys.client), SrtpContext(row.layer.code, *keys.server)

    @property
    def has_ekt(self) -> bool:
        """An EKT field ends every SRTP packet exactly when the profile is a double; no octet is asked (AMB-25)."""
        return self.double

    def rekey(self, keys: HopKeys, now: float, hold: float) -> None:
        """New keys of the same association (AMB-23). The old ones open packets, and seal, until the participant has
        shown the new ones, at most `hold` seconds: its Finished may still be on the way."""
        self.said_bye = False
        ingress, profile = self.ingress, self.profile
        self.ingress, self._next_egress = self._contexts(keys)
        self._old_ingress, self.hold_until = ingress, now + hold
        if self.profile != profile:  # packets of the other form: nothing of the old can go on
            self.finish_rekey()

    def expire_old_keys(self, now: float) -> bool:
        """`finish_rekey` when it is time; True when it was."""
        due = self.hold_until is not None and now >= self.hold_until
        if due:
            self.finish_rekey()
        return due

    def finish_rekey(self) -> None:
        """The old keys go."""
        self._switch_egress()
        self._old_ingress, self.hold_until = None, None

    def _switch_egress(self) -> None:
        if self._next_egress is not None:
            # Another key: indices and outer ROCs start again (one key, one SSRC, one index: still never twice).
            self.egress, self._next_egress, self.out = self._next_egress, None, {}

    def receive(self, header: bytes, body: bytes, seq: int, ssrc: int) -> tuple[bytes, SrtpContext]:
        """(payload, the context that opened it). Raises `DecodeError`, `CryptoError`."""
        if self._old_ingress is None:
            return self.ingress.open(header, body), self.ingress
        return self._receive_while_rekeying(header, body, seq, ssrc, self._old_ingress)

    def _receive_while_rekeying(
        self, header: bytes, body: bytes, seq: int, ssrc: int, old: SrtpContext
    ) -> tuple[bytes, SrtpContext]:
        # A sender may go on with its ROC (RFC 3711 3.3.1) or start at 0 with the new key: both are tried.
        guesses = [self.ingress.estimate(ssrc, seq)]
        if self.ingress.last_index(ssrc) is None:
            guesses.append(old.estimate(ssrc, seq))
        for index in guesses:
            try:
                payload = self.ingress.open(header, body, index)
            except CryptoError:
                continue
            self._switch_egress()
            return payload, self.ingress
        return old.open(header, body), old

    def receive_rtcp(self, data: bytes) -> bytes:
        """The RTCP packet. Raises `DecodeError`, `CryptoError`."""
        if self._old_ingress is None:
            return self.ingress.unprotect_rtcp(data)
        try:
            rtcp = self.ingress.unprotect_rtcp(data)
        except CryptoError:
            return self._old_ingress.unprotect_rtcp(data)
        self._switch_egress()
        return rtcp
