# SPDX-License-Identifier: GPL-2.0-only
"""Two captures of one conversation agree; what differs is found, at the first place."""

from __future__ import annotations

import pytest

from perc_scapy.compare.masks import Masks
from perc_scapy.compare.parting import compare
from tests.compare.scenes import elsewhere, without
from tests.explain.forge import conference


@pytest.mark.parametrize(
    "name", ["session-setup-2", "new-user-joins", "ohb-all", "two-conferences"]
)
def test_a_capture_agrees_with_itself(name: str) -> None:
    found = compare(conference(name), conference(name))
    assert found.equal
    assert found.compared > 40


def test_addresses_and_times_do_not_matter() -> None:
    assert compare(conference(), elsewhere("session-setup-2")).equal


def test_another_profile_is_found_where_it_is_first_said() -> None:
    found = compare(conference("new-user-joins"), conference("new-user-joins-aes256"))
    assert found.first is not None
    assert found.first.kind == "A: client_hello"
    paths = {f.path: (f.a, f.b) for f in found.first.fields}
    assert ("9", "10") in paths.values()
    assert any("ciphers" in path for path in paths)


def test_what_an_mdd_rewrites_is_told_per_hop() -> None:
    found = compare(conference("ohb-all"), conference("ohb-marker"))
    assert found.first is not None
    assert found.first.lane.endswith("MDD to B")
    assert {f.path for f in found.first.fields} == {"header.payload_type", "ohb.pt"}


def test_a_lost_packet_is_one_entry() -> None:
    lost = next(m.number for m in conference().media if not m.from_endpoint and m.kind == "rtp")
    found = compare(conference(), without("session-setup-2", lost))
    assert [(p.packet_a, p.packet_b) for p in found.partings] == [(lost, None)]


def test_what_one_side_lacks_in_a_row_is_told_once() -> None:
    rtp = [m for m in conference().media if m.kind == "rtp" and m.from_endpoint]
    tail = [m.number for m in rtp if m.ssrc == rtp[0].ssrc][-3:]
    found = compare(conference(), without("session-setup-2", *tail))
    assert [p.count for p in found.partings] == [3]


def test_volatile_groups_can_be_shown() -> None:
    a, b = conference("session-setup-2"), conference("speech-pcmu")
    hidden, shown = compare(a, b), compare(a, b, Masks(shown=["randoms"]))
    assert not any("random" in f.path for p in hidden.partings for f in p.fields)
    assert any("random" in f.path for p in shown.partings for f in p.fields)


def test_json_has_the_places() -> None:
    found = compare(conference("ohb-all"), conference("ohb-marker"))
    told = found.partings[0].to_json()
    assert told["fields"][0].keys() == {"path", "a", "b"}
    assert told["packet_a"] is not None


def test_no_key_is_told() -> None:
    a, b = conference("new-user-joins"), conference("new-user-joins-aes256")
    told = str([p.to_json() for p in compare(a, b, Masks(shown=["keys"])).partings])
    for analysis in (a, b):
        for association in analysis.associations:
            for received in association.ekt_keys():
                assert bytes(received.parameters.key).hex() not in told
            assert bytes(association.hop_keys().client.key).hex() not in told
