# SPDX-License-Identifier: GPL-2.0-only
"""One association among several."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.errors import ConfigError
from perc_scapy.view.follow import Followed, conversation
from perc_scapy.view.packets import view_all
from perc_scapy.view.style import Style
from tests.capture.golden_captures import golden
from tests.capture.handmade import three_flows
from tests.view.test_packets import frames_of

TALK = three_flows()
ANALYSIS = Analysis(TALK.trace, TALK.keylog())
VIEWS = list(view_all(ANALYSIS, frames_of(TALK)))


def numbers(name: str) -> list[int]:
    followed = Followed(ANALYSIS, name)
    return [view.number for view in VIEWS if followed.has(view)]


def test_all_names_of_an_association() -> None:
    association = ANALYSIS.associations[1]
    by_letter = numbers("B")
    names = ["b", "2", association.client_random.hex(), association.client_random[:4].hex(),
             association.carrier.association_id.hex()[:8], association.carrier.association_id.hex()]  # fmt: skip
    for name in names:
        assert numbers(name) == by_letter
    own = {d.number for d in TALK.trace if TALK.people["B"].address in (d.src, d.dst)}
    assert own < set(by_letter)
    assert not set(by_letter) & set(numbers("A"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Z", "there are A, B, C"), ("9", "there are"), ("", "there are"), ("ffff", "there are")],
)
def test_nobody(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        Followed(ANALYSIS, name)
    with pytest.raises(ConfigError, match="the capture has none"):
        Followed(Analysis([]), "A")


def test_the_conversation() -> None:
    followed = Followed(ANALYSIS, "C")
    views = (view for view in VIEWS if followed.has(view))
    lines = list(conversation(followed, views, lambda: VIEWS[0].time, Style()))
    assert lines[0].startswith("C: 127.0.0.1:40002 - 127.0.0.1:5004, association id ")
    assert lines[0].endswith("tunnel draft00 over dtls")
    assert any("C ──▶ MDD     KMF  DTLS CLIENT_HELLO" in line for line in lines)
    assert any("C     MDD ◀── KMF  DTLS" in line for line in lines)
    assert any(line.endswith("C together 0") for line in lines)  # the payload, opened
    assert not any(
        " 41 20 62 65 66 6f 72 65" in line for line in lines
    )  # "A before C": sent before it came
    heads = [line for line in lines[2:] if not line.startswith(" " * 20)]
    assert len(heads) == len(numbers("C"))


def test_what_stays_closed_has_a_number_and_no_letter() -> None:
    analysis = golden("no-keys")
    followed = Followed(analysis, "1")
    assert (followed.letter, followed.plain) == ("closed", True)
    assert next(followed.head()).startswith("closed: 192.0.2.2:50000 - 192.0.2.1:4433")
    assert Followed(analysis, "A").associations == [analysis.associations[1]]
    with pytest.raises(ConfigError, match="there are A, B"):
        Followed(analysis, "")
    alone = Analysis([d for d in analysis.datagrams if d.src.port in (50000, 4433)])
    with pytest.raises(ConfigError, match="numbers, 1 to 1"):
        Followed(alone, "A")
