# SPDX-License-Identifier: GPL-2.0-only
"""The states of a member's association at the KMF, and all steps between them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a session stands."""

    HANDSHAKE = "handshake"
    KEYED = "keyed"  # certificate and Finished verified, hop keys exist; without EKT the last state of a member
    EKT_SENT = "ekt_sent"  # first EKT key on its way
    ACTIVE = "active"  # the newest EKT key is acknowledged
    REKEYING = "rekeying"  # a newer EKT key on its way
    CLOSED = "closed"


class Step(StrEnum):
    """What moves it."""

    COMPLETED = "completed"
    KEY_SENT = "key sent"
    NEWEST_ACKNOWLEDGED = "newest key acknowledged"
    CLOSED = "closed"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.HANDSHAKE, Step.COMPLETED): State.KEYED,
    (State.HANDSHAKE, Step.CLOSED): State.CLOSED,
    (State.KEYED, Step.KEY_SENT): State.EKT_SENT,
    (State.KEYED, Step.CLOSED): State.CLOSED,
    (State.EKT_SENT, Step.KEY_SENT): State.EKT_SENT,
    (State.EKT_SENT, Step.NEWEST_ACKNOWLEDGED): State.ACTIVE,
    (State.EKT_SENT, Step.CLOSED): State.CLOSED,
    (State.ACTIVE, Step.KEY_SENT): State.REKEYING,
    (State.ACTIVE, Step.CLOSED): State.CLOSED,
    (State.REKEYING, Step.KEY_SENT): State.REKEYING,
    (State.REKEYING, Step.NEWEST_ACKNOWLEDGED): State.ACTIVE,
    (State.REKEYING, Step.CLOSED): State.CLOSED,
}
