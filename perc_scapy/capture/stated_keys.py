# SPDX-License-Identifier: GPL-2.0-only
"""End-to-end keys that no EKT field brings: stated ones, and the exported inner half where EKT was not negotiated."""

from __future__ import annotations

from collections.abc import Iterable

from perc_scapy.capture.layer_reader import LayerReader
from perc_scapy.capture.statements import ANY, EktStatement, Scope, SrtpStatement, Statement
from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext
from perc_scapy.errors import AuthenticationError, CryptoError, ReplayError

MAX_TRIES = 64
"""Keys tried on one packet."""


class _Held:
    __slots__ = ("key_id", "reader", "scope")

    def __init__(self, scope: Scope, context: SrtpContext, key: Key) -> None:
        self.scope, self.key_id = scope, key.id
        self.reader = LayerReader(context, roc=scope.roc)


class StatedKeys:
    """Inner keys of one direction of one hop, each with state of its own. `profile`: the single one of the layer."""

    def __init__(
        self, profile: int, statements: Iterable[SrtpStatement] = (), half: MasterKey | None = None
    ) -> None:
        self._held = [_Held(s.scope, s.context(), s.key) for s in statements]
        if half is not None:
            self._held.append(_Held(ANY, SrtpContext(profile, *half), half.key))
        self._last: dict[int, _Held] = {}
        self.roc: int | None = None
        """Of the packet that was opened last."""
        self.guessed: tuple[int, int] | None = None
        """As `LayerReader` has it, of the packet that was opened last."""

    def __bool__(self) -> bool:
        return bool(self._held)

    def open(self, packet: SyntheticPacket, number: int) -> tuple[str, bytes]:
        """Safe name of the key that fits, and the payload. Raises `AuthenticationError`, `ReplayError`, …

        Packet numbers and SSRCs of statements count, addresses do not: an end-to-end key is the same at every hop.
        """
        _, ssrc = SEQ_SSRC(packet.header)
        failure: CryptoError = AuthenticationError("PERC: no end-to-end key held for this SSRC")
        for held in self._order(ssrc, number):
            try:
                payload = held.reader.open(packet.header, packet.body)
            except CryptoError as reason:
                failure = failure if isinstance(failure, ReplayError) else reason
                continue
            self._last[ssrc] = held
            self.roc = held.reader.context.opened >> 16
            self.guessed, held.reader.guessed = held.reader.guessed, None
            return held.key_id, payload
        raise failure

    def _order(self, ssrc: int, number: int) -> list[_Held]:
        last = self._last.get(ssrc)
        fitting = [h for h in self._held if h is not last and _speaks_of(h.scope, ssrc, number)]
        # Who names the SSRC knows more than who does not.
        fitting.sort(key=lambda h: h.scope.ssrc is None)
        return ([last] if last else []) + fitting[:MAX_TRIES]


def _speaks_of(scope: Scope, ssrc: int, number: int) -> bool:
    return scope.ssrc in (None, ssrc) and scope.from_packet <= number <= scope.to_packet


def end_to_end(statements: Iterable[Statement], profile: int) -> list[SrtpStatement]:
    """Stated end-to-end keys of a layer that runs `profile`."""
    found = (s for s in statements if isinstance(s, SrtpStatement))
    return [s for s in found if s.layer == "end-to-end" and s.profile == profile]


def stated_sets(statements: Iterable[Statement], profile: int) -> list[EktParameters]:
    """Stated EKT keys for media under `profile`: for the inner layer of a double, or for the only one."""
    found = (s for s in statements if isinstance(s, EktStatement))
    row = SRTP_PROFILES.get(profile)
    double = row is not None and row.is_double
    return [s.parameters for s in found if (s.profile is None) == double]
