# SPDX-License-Identifier: GPL-2.0-only
"""A capture in a notebook: everything has a plain text and an HTML form, and neither holds a key."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.view.filters import FilterError
from perc_scapy.workbench import Capture
from tests.explain.forge import CAPTURES


@cache
def capture(name: str = "new-user-joins") -> Capture:
    return Capture(CAPTURES / name / "trace.pcapng")


def shown() -> dict[str, object]:
    c = capture()
    return {
        "capture": c,
        "packet": c[39],
        "packets": c.packets,
        "filtered": c.filter("tunnel.type == 2"),
        "associations": c.associations,
        "ladder": c.ladder(),
        "statistics": c.stats(),
        "report": c.check(),
        "explanation": c.explain(39),
        "nothing to explain": c.explain(),
        "comparison": c.diff(capture("session-setup-2")),
    }


@pytest.mark.parametrize("name", shown())
def test_both_forms(name: str) -> None:
    thing = shown()[name]
    text, html = repr(thing), thing._repr_html_()
    assert text
    assert "<" in html
    assert "<script" not in html


def test_no_form_holds_a_key() -> None:
    secrets = set()
    for association in capture().analysis.associations:
        full = association.exported()
        secrets |= {full.client.key.hex(), full.server.key.hex(), full.client.outer().key.hex()}
        secrets |= {k.parameters.key.hex() for k in association.ekt_keys()}
    for name, thing in shown().items():
        for form in (repr(thing), thing._repr_html_()):
            flat = form.replace(" ", "").replace("\n", "")
            assert not any(secret in flat for secret in secrets), name


def test_keys_beside_the_capture_are_found() -> None:
    assert [file.name for file in capture().key_files] == ["secrets.keylog"]
    assert all(m.opened.plain is not None for m in capture().analysis.media)


def test_given_keys_are_the_only_ones() -> None:
    other = CAPTURES / "session-setup-2" / "secrets.keylog"
    closed = Capture(CAPTURES / "new-user-joins" / "trace.pcapng", keys=other)
    assert not any(m.opened.plain for m in closed.analysis.media)
    assert any("key log" in note for note in closed.notes)


def test_numbers_are_those_of_the_file() -> None:
    c = capture()
    assert len(c) == len(c.packets) == len(list(c))
    kept = c.filter("rtp.ssrc")
    assert kept.numbers[0] > 1
    assert kept[kept.numbers[0]].number == kept.numbers[0]
    assert kept.filter("ekt.type == 2").numbers == c.filter("rtp.ssrc and ekt.type == 2").numbers
    with pytest.raises(KeyError, match="no packet 1 here"):
        kept[1]


def test_a_wrong_filter_points_at_the_token() -> None:
    with pytest.raises(FilterError, match=r"tunnel\.typ"):
        capture().filter("tunnel.typ == 2")


def test_data_frames() -> None:
    frame = capture().to_pandas()
    assert len(frame) == len(capture())
    assert capture().to_polars("associations").height == 3


def test_what_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Capture(tmp_path / "none.pcapng")


def test_damage_is_told() -> None:
    assert "damage" in repr(Capture(CAPTURES / "cut-file" / "trace.pcapng"))
