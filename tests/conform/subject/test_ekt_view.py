# SPDX-License-Identifier: GPL-2.0-only
"""EKT keys and fields as judges see them."""

from __future__ import annotations

import pytest

from perc_scapy.conform.subject import Subject
from perc_scapy.conform.subject.ekt_view import inner_header
from tests.conform.planted import PLANTED
from tests.conform.stage import three


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(three().analysis())


def test_who_was_given_what(subject: Subject) -> None:
    ports = [
        (g.association.endpoint.port, g.spi) for g in subject.ekt.given if g.association.endpoint
    ]
    assert sorted(ports) == [(40000, 1), (40000, 2), (40001, 1), (40001, 2), (40002, 2)]


def test_fields_are_opened(subject: Subject) -> None:
    found = [one for stream in subject.packets.sources for one in subject.ekt.announced(stream)]
    assert len(found) > 15
    assert {one.problem for one in found} == {""}
    assert {one.field.spi for one in found} == {1, 2}
    assert {one.plain.ssrc for one in found if one.plain} == {
        s.ssrc for s in subject.packets.sources
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("field_does_not_unwrap", "does not unwrap"),
        ("plaintext_without_length", "malformed plaintext"),
        ("spi_that_nobody_gave", "unknown SPI"),
    ],
)
def test_why_one_does_not_open(name: str, problem: str) -> None:
    subject = Subject(PLANTED[name].build())
    problems = {o.problem for s in subject.packets.sources for o in subject.ekt.announced(s)}
    assert problems == {"", problem}


def test_an_inner_layer_opens_with_its_key_at_its_rollover_counter_only(subject: Subject) -> None:
    heard = subject.packets.sources[0].packets[-1]
    key = heard.m.opened.key_id
    assert key is not None
    other = next(k for k in subject.ekt.masters if k != key)
    opens = subject.ekt.opens
    assert opens(heard, key, 0) is True
    assert opens(heard, key, 1) is False
    assert opens(heard, other, 0) is False
    assert opens(heard, "unknown", 0) is None


def test_the_synthetic_header_has_no_extension() -> None:
    subject = Subject(PLANTED["extension_in_the_inner_tag"].build())
    heard = next(h for h in subject.packets.heard if h.header[0] & 0x10)
    header = inner_header(heard)
    assert len(header) == 12
    assert header[0] == 0x80
