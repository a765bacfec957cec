# SPDX-License-Identifier: GPL-2.0-only
"""What configurations of several roles refuse alike."""

from __future__ import annotations

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.roles.checks import check_mtu, check_profile, check_tls_id


@pytest.mark.parametrize(
    ("profile", "hbh_only"),
    [(0x0005, True), (0x0005, False), (0x0007, False), (0x0009, True), (0xFFFF, False)],
)
def test_a_profile_against_the_policy(profile: int, hbh_only: bool) -> None:
    with pytest.raises(ConfigError, match=r"^here: "):
        check_profile(profile, hbh_only=hbh_only, what="here")


@pytest.mark.parametrize(
    ("profile", "hbh_only"), [(0x0009, False), (0x000A, False), (0x0007, True), (0x0001, True)]
)
def test_a_profile_that_fits(profile: int, hbh_only: bool) -> None:
    check_profile(profile, hbh_only=hbh_only, what="here")


@pytest.mark.parametrize("text", ["short", "x" * 256, "spaces are not allowed here"])
def test_a_tls_id_of_the_wrong_form(text: str) -> None:
    with pytest.raises(ConfigError):
        check_tls_id(text, "here")


def test_a_tls_id_may_be_left_out_and_has_both_bounds() -> None:
    for text in (None, "x" * 20, "+/-_" * 63 + "abc"):
        check_tls_id(text, "here")


@pytest.mark.parametrize("mtu", [255, 16001, -1])
def test_an_mtu_out_of_bounds(mtu: int) -> None:
    with pytest.raises(ConfigError):
        check_mtu(mtu, "here")
