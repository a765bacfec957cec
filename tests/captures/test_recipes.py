# SPDX-License-Identifier: GPL-2.0-only
"""Every golden capture has its recipe, and comes out of it octet for octet."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from pathlib import Path

import pytest

from captures.builders import RECIPES, Recipe
from captures.builders.folder import files_of
from perc_scapy.conform.cases import case_of
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from tests.project.tree import PACKAGE, tracked_files

ROOT = PACKAGE.parent
CAPTURES = ROOT / "captures"
REBUILT = sorted(name for name, item in RECIPES.items() if item.reproducible)
RECORDED = sorted(RECIPES.keys() - set(REBUILT))
LARGEST, ALL_TOGETHER = 100_000, 3_500_000
"""Octets: of one capture, and of everything below captures/."""
FOREIGN_TO_US = [
    "gnutls-endpoint",
    "openssl-endpoint",
    "webrtc-cm80",
    "webrtc-dtls13",
    "webrtc-gcm",
]


@pytest.mark.parametrize("name", REBUILT)
def test_made_again_octet_for_octet(name: str) -> None:
    folder = CAPTURES / name
    for file, octets in files_of(RECIPES[name]).items():
        assert (folder / file).read_bytes() == octets, f"{file}: python captures/make.py {name}"


def test_most_are_reproducible_and_the_others_say_why_not() -> None:
    assert len(RECIPES) >= 25
    over_tls = [name for name in RECIPES if "rfc9185" in name]
    assert sorted([*FOREIGN_TO_US, *over_tls]) == RECORDED
    assert all(len(RECIPES[name].recorded) > 20 for name in RECORDED)


def test_folders_and_recipes_are_the_same() -> None:
    folders = {path.parent.name for path in CAPTURES.glob("*/trace.*")}
    assert folders == RECIPES.keys()


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_each_folder_is_whole_and_small(name: str) -> None:
    folder = CAPTURES / name
    case = case_of(next(folder.glob("trace.*")), CAPTURES)
    assert case.name == name
    assert case.trace.stat().st_size < LARGEST
    for file in ("README.md", "about.toml", "expect.json"):
        assert (folder / file).is_file()
    about = tomllib.loads((folder / "about.toml").read_text())
    assert about["kind"] in ("flow", "violation", "foreign", "damage")
    assert bool(about["violates"]) >= (about["kind"] == "violation")
    assert about["reproducible"] == RECIPES[name].reproducible


def test_all_of_them_together_are_small() -> None:
    sizes = [p.stat().st_size for p in tracked_files() if CAPTURES in p.parents]
    assert 1_000_000 < sum(sizes) < ALL_TOGETHER


def test_ids_that_recipes_name_exist() -> None:
    known = tomllib.loads((PACKAGE / "requirements.toml").read_text())
    named = {id_ for item in RECIPES.values() for id_ in (*item.shows, *item.violates)}
    assert named <= known.keys()


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_addresses_are_nobodys(name: str) -> None:
    """Loopback in recorded captures, documentation addresses in simulated ones."""
    with open_capture(next((CAPTURES / name).glob("trace.*"))) as capture:
        hosts = {h for d in payloads(capture) for h in (d.src.host, d.dst.host)}
    assert hosts
    for host in map(ip_address, hosts):
        if name in FOREIGN_TO_US:
            assert host.is_loopback
        else:
            assert str(host).startswith(("192.0.2.", "198.51.100.", "2001:db8:"))


def test_every_planted_violation_of_the_list_is_there() -> None:
    wanted = {
        "full-double-key", "keys-not-repeated", "association-id-changed", "ekt-altered",
        "ohb-sequence", "nonce-reuse", "epoch-back", "e2e-key-kept", "profiles-missing",
        "ekt-on-rtcp", "same-key-two-receivers", "ssrc-two-senders", "stripped-profiles",
        "weak-ekt-cipher",
    }  # fmt: skip
    found = {name.removeprefix("violation-") for name, item in RECIPES.items()
             if item.kind == "violation"}  # fmt: skip
    assert wanted <= found


def test_a_recipe_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    """The comparison above can fail: another seed gives other octets."""
    from captures.builders.flows import three_flows
    from captures.builders.stage import Stage

    item: Recipe = RECIPES["new-user-joins"]
    assert three_flows(Stage("abc", seed="other")).trace != item.build().trace
