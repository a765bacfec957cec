# SPDX-License-Identifier: GPL-2.0-only
"""Key information that is late, too much, of another profile or of another hop."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.tunnel.messages import TunneledDtls
from tests.capture.handmade import CONFERENCE, MDD_MEDIA, PROFILE, k
from tests.conform.planted.edits import is_keys, key_body, keys_dtls, message
from tests.conform.planted.registry import planted
from tests.conform.stage import Stage, conference

OTHER = bytes(range(0x40, 0x50))


def with_keys(change) -> Stage:
    """A conference whose key messages are made by `change(stage, name, raw)`."""
    stage = Stage()

    def alter(raw: bytes, sender: str) -> list[bytes]:
        if not is_keys(raw):
            return [raw]
        name = next(n for n, p in stage.people.items() if p.association_id == raw[2:18])
        return [change(stage, name, raw)]

    stage.alter_message = alter
    return conference("AB", 3, stage)


@planted("T00-KMF-10", "SLD-OBJ-05")
def keys_never_come() -> Analysis:
    stage = Stage()
    stage.suppress_keys = True
    return conference("A", 0, stage).analysis()


class LostFinished(Stage):
    """The KMF's first Finished is recorded and never arrives, so that both flights come again."""

    lost = False
    silent = False
    """No keys with the second one."""

    def _down(self, person, data: bytes, keys) -> None:
        if keys is None or self.lost:
            super()._down(person, data, None if self.silent else keys)
            return
        self.lost = True
        self._tunnel_down(TunneledDtls(person.association_id, bytes(data), CONFERENCE, None, keys))
        self.seen(MDD_MEDIA, person.address, data)

    def _carry(self, person, answered: bool) -> bool | None:
        found = super()._carry(person, answered)
        due = person.client.get_timer()
        if self.lost and due is not None and not person.client.established:
            self.now = max(self.now, due)
            person.client.handle_timer(self.now)
        return found


@planted("T00-KMF-11", "SLD-TRN-01")
def keys_come_once() -> Analysis:
    stage = LostFinished()
    stage.silent = True
    return conference("A", 0, stage).analysis()


@planted("T00-KMF-12")
def profile_was_not_listed() -> Analysis:
    stage = Stage()
    stage.alter_message = lambda raw, sender: [
        raw[:37] + b"\x00\x07" + raw[39:] if raw[34] == 1 else raw
    ]
    return conference("A", 0, stage).analysis()


@planted("T00-KMF-13")
def another_profile_in_the_keys() -> Analysis:
    return with_keys(lambda stage, name, raw: raw[:35] + b"\x00\x07" + raw[37:]).analysis()


def full_keys(stage: Stage, name: str, raw: bytes) -> bytes:
    keys = stage._export(stage.people[name].server)
    fields = (keys.client.key, keys.server.key, keys.client.salt, keys.server.salt)
    body = key_body(PROFILE, *(bytes(f) for f in fields))
    return message(raw[2:18], keys_dtls(raw), 2, body)


@planted("T00-KMF-14", "FW16-01", "R8871-31", "DBL-01", "R8871-04", "SLD-ROLE-02")
def full_double_keys() -> Analysis:
    return with_keys(full_keys).analysis()


@planted("DBL-02")
def inner_halves_told() -> Analysis:
    def inner(stage: Stage, name: str, raw: bytes) -> bytes:
        keys = stage._export(stage.people[name].server)
        c, s = keys.client.inner(), keys.server.inner()
        fields = (bytes(f) for f in (c.key, s.key, c.salt, s.salt))
        return message(raw[2:18], keys_dtls(raw), 2, key_body(PROFILE, *fields))

    return with_keys(inner).analysis()


@planted("R8871-10", "DBL-13")
def one_key_for_two_receivers() -> Analysis:
    def same(stage: Stage, name: str, raw: bytes) -> bytes:
        a = stage._export(stage.people["A"].server).server.outer()
        return raw[:55] + b"\x00\x10" + bytes(a.key) + raw[73:]

    return with_keys(same).analysis()


@planted("T00-KMF-16")
def one_ekt_key_for_two_conferences() -> Analysis:
    stage = conference("A", 0)
    stage.alter_message = lambda raw, sender: [raw[:18] + OTHER + raw[34:]]
    stage.join("B", k(1))
    return stage.analysis()
