# SPDX-License-Identifier: GPL-2.0-only
"""Which fields are left out."""

from __future__ import annotations

import pytest

from perc_scapy.compare.masks import VOLATILE, Masks


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("body.random", True),
        ("random", True),
        ("body.extensions[3].body.profiles[0]", False),
        ("body.client_write_SRTP_master_key", True),
        ("header.ssrc", True),
        ("header.payload_type", False),
        ("ekt.epoch", False),
        ("body.cipher_suite", False),
        ("ohb.seq", True),
        ("level", False),
    ],
)
def test_default(path: str, masked: bool) -> None:
    assert Masks().covers(path) is masked


def test_groups_are_shown_one_by_one() -> None:
    masks = Masks(shown=["randoms"])
    assert not masks.covers("body.random")
    assert masks.covers("header.ssrc")
    assert set(masks.groups) == set(VOLATILE) - {"randoms"}


def test_more() -> None:
    assert Masks(more=["*.cipher_suite"]).covers("body.cipher_suite")
