# SPDX-License-Identifier: GPL-2.0-only
"""What an explanation is."""

from __future__ import annotations

from dataclasses import dataclass, field

from perc_scapy.explain.search import Outcome

OPEN, FOUND, MISSING, UNKNOWN = "open", "found", "missing", "unknown"
"""Nothing is wrong · the cause is known · keys or packets are not there · no hypothesis fits."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one thing did not open or did not come about."""

    subject: str
    """"hop-by-hop layer", "end-to-end layer", "EKT field", "SRTCP", "tunnel message", "handshake"."""
    kind: str
    """`OPEN`, `FOUND`, `MISSING` or `UNKNOWN`."""
    text: str
    """For people; names no key octet."""
    clause: str = ""
    tried: int = 0
    """Hypotheses tried."""


@dataclass(slots=True)
class Explanation:
    """A cause and the packets it holds for."""

    cause: Cause
    packets: list[int] = field(default_factory=list)
    where: str = ""
    """Stream or association, in words."""

    def to_json(self) -> dict[str, object]:
        return {
            "subject": self.cause.subject,
            "kind": self.cause.kind,
            "text": self.cause.text,
            "clause": self.cause.clause,
            "tried": self.cause.tried,
            "where": self.where,
            "packets": self.packets,
        }


def of_search(subject: str, outcome: Outcome, hopeless: str) -> Cause:
    """The cause that a search found. `hopeless`: what to say when nothing fits."""
    if not outcome.found:
        return Cause(subject, UNKNOWN, hopeless, "", outcome.tried)
    if not outcome.deviations:
        return Cause(subject, OPEN, "authenticates as the documents have it", "", outcome.tried)
    text = "authenticates when " + ", and ".join(o.name for o in outcome.deviations)
    clauses = dict.fromkeys(o.clause for o in outcome.deviations if o.clause)
    return Cause(subject, FOUND, text, "; ".join(clauses), outcome.tried)
