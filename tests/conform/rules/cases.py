# SPDX-License-Identifier: GPL-2.0-only
"""Good conversations, made once, and the planted violations of one module of rules."""

from __future__ import annotations

from functools import cache

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform import Report, judge, rule_book
from perc_scapy.conform.model import FAIL, PASS
from tests.capture.handmade import MDD_MEDIA, k
from tests.conform.planted import PLANTED
from tests.conform.planted.edits import message
from tests.conform.planted.handshakes import ALERT
from tests.conform.planted.key_information import LostFinished
from tests.conform.planted.layers import EXTENSION
from tests.conform.planted.relaying import raw_seen
from tests.conform.planted.tunnel import ID
from tests.conform.stage import Sealed, Stage, conference, three
from tests.conform.tls_stage import TlsStage


@cache
def good() -> tuple[Report, ...]:
    """Conversations that break nothing, and together exercise every rule."""
    made = (three(), tls(), rewriting(), repeated())
    return tuple(judge(stage.analysis(), str(n)) for n, stage in enumerate(made))


@cache
def answered() -> tuple[Report, ...]:
    """Conversations in which somebody does wrong and another one answers as he must."""
    made = (message_for_nobody(), refused_certificate(), refused_version())
    return tuple(judge(stage.analysis(), str(n)) for n, stage in enumerate(made))


def tls() -> Stage:
    """RFC 9185; A leaves, and the KMF says so."""
    stage = three(TlsStage())
    ended = b"\x05\x00\x10" + stage.people["A"].association_id
    stage.say_in_tunnel(ended, "mdd")
    stage.say_in_tunnel(ended, "kmf")
    return stage


def rewriting() -> Stage:
    """An MDD that changes SEQ, PT and marker, notes them, and adds an extension; senders with extensions."""
    stage = conference("AB", 0)

    def change(sender: str, to: str, one: Sealed) -> list[Sealed]:
        was = one.header
        made = one.with_header(seq=5000 + was[3], pt=99, marker=1)
        header = (
            made.header if was[0] & 0x10 else bytes((was[0] | 0x10,)) + made.header[1:] + EXTENSION
        )
        ohb = bytes((was[1] & 0x7F,)) + was[2:4] + b"\x07"
        return [Sealed(header, one.body, ohb, one.field, made.index)]

    stage.egress = change
    stage.talk("AB", 4)
    stage.talk("A", 4, extension=EXTENSION)
    items = b"\x01\x02ab\x00"
    chunk = stage.ssrc("A").to_bytes(4, "big") + items + bytes(-len(items) % 4)
    report = b"\x80\xc9\x00\x01" + stage.ssrc("A").to_bytes(4, "big")
    stage.rtcp("A", report + b"\x81\xca" + (len(chunk) // 4).to_bytes(2, "big") + chunk)
    return stage


def repeated() -> Stage:
    """The KMF's Finished is lost and comes again, with its keys."""
    return conference("AB", 4, LostFinished())


def message_for_nobody() -> Stage:
    """A KMF message for an association that nobody announced; the MDD drops it."""
    stage = conference("A", 0)
    stage.say_in_tunnel(message(ID, b"\x16\xfe\xfd\x00\x01" + bytes(6) + b"\x00\x02ab"), "kmf")
    stage.join("B", k(1))  # the numbers of the MDD's records go on: none before was missed
    return stage


def refused_certificate() -> Stage:
    """The endpoint refuses the KMF's certificate, and that is the end."""
    stage = Stage()
    stage.join("A", k(1))
    address = stage.people["A"].address
    flight = [d.number for d in stage.trace if d.src == address][2]
    stage.trace = stage.trace[: flight - 1]
    raw_seen(stage, address, MDD_MEDIA, ALERT)
    return stage


def refused_version() -> Stage:
    """The MDD speaks a version of its own, and the KMF says which one it knows."""
    stage = TlsStage(first=(b"\x01\x00\x05\x07\x00\x02\x00\x09",))
    stage.say_in_tunnel(b"\x02\x00\x01\x00", "kmf")
    return stage


def ids_of(module: str) -> list[str]:
    """Requirement ids that a module of rules judges."""
    name = f"perc_scapy.conform.rules.{module}"
    return [id_ for id_, one in rule_book().items() if one.judge.__module__ == name]


def planted_in(module: str) -> list[object]:
    """(violation, id) of each violation that a rule of this module must see."""
    own = set(ids_of(module))
    return [
        pytest.param(name, id_, id=f"{name}-{id_}")
        for name, plant in PLANTED.items()
        for id_ in plant.ids
        if id_ in own
    ]


@cache
def judged(name: str) -> tuple[Analysis, Report]:
    """A planted violation and its report."""
    analysis = PLANTED[name].build()
    return analysis, judge(analysis, name)


def must_fail(name: str, id_: str) -> None:
    """The violation is found, at a packet of the capture, and told in words."""
    analysis, report = judged(name)
    result = report.result(id_)
    assert report.errors == ()
    assert result.result == FAIL, result
    assert result.seen
    assert result.expected
    numbers = [d.number for d in analysis.datagrams] + [c.number for c in analysis.chunks]
    assert result.packet in numbers
    assert result.packet in result.packets


def must_pass(id_: str) -> None:
    """Some conversation exercises the requirement and keeps it, and no good one breaks it."""
    results = [report.result(id_) for report in good()]
    assert FAIL not in {r.result for r in results}, [r.seen for r in results]
    results += [report.result(id_) for report in answered()]
    assert PASS in {r.result for r in results}, [r.seen for r in results]


def always_fails_somewhere(module: str, *made_up: str) -> None:
    """Every id of the module has a violation; `made_up` ones are judged on an analysis that no capture can give."""
    shown = {id_ for plant in PLANTED.values() for id_ in plant.ids}
    assert set(ids_of(module)) - shown == set(made_up)
