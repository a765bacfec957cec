# SPDX-License-Identifier: GPL-2.0-only
"""Letters go by order of coming; a certificate is a person."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.participants import find_participants, letter, stays_closed
from tests.capture.golden_captures import golden
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.dtls.pairs import identity


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "A2"), (53, "B3")])
def test_letters_never_end(index: int, name: str) -> None:
    assert letter(index) == name


@pytest.mark.req("T00-EP-04", "T00-MDD-03")
def test_people_with_their_certificates_and_media() -> None:
    talk = three_flows()
    people = find_participants(Analysis(talk.trace, talk.keylog()))
    assert [p.letter for p in people] == ["A", "B", "C"]
    assert [p.certificate for p in people] == [identity(n).fingerprint for n in "ABC"]
    assert [p.ssrcs for p in people] == [[0x1041], [0x1042], [0x1043]]
    assert [[k.parameters.spi for k in p.ekt_keys()] for p in people] == [[1, 2], [1, 2], [2]]
    assert people[2].ekt_key(1) is None
    assert people[0].ekt_key(2).parameters == k(2)
    assert all(len({a.carrier.association_id for a in p.associations}) == 1 for p in people)


def test_who_comes_back_is_the_same_person_with_a_new_association() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    first = talk.people.pop("A")
    talk.seed += " again"
    second = talk.join("A", k(1))
    (person,) = find_participants(Analysis(talk.trace, talk.keylog()))
    ids = [a.carrier.association_id for a in person.associations]
    assert ids == [first.association_id, second.association_id]


def test_without_keys_the_certificates_still_tell_people_apart() -> None:
    talk = three_flows()
    link = [d for d in talk.trace if 4433 not in (d.src.port, d.dst.port)]
    assert len(find_participants(Analysis(link, KeyLog()))) == 3


def test_a_tunnel_that_stays_closed_takes_no_letter() -> None:
    """The endpoints are A and B whether the tunnel opens or not."""
    analysis = golden("no-keys")
    people = find_participants(analysis)
    assert [(p.letter, str(p.association.endpoint)) for p in people] == [
        ("A", "198.51.100.10:40001"),
        ("B", "198.51.100.11:40002"),
    ]
    assert [stays_closed(a) for a in analysis.associations] == [True, False, False]


def test_who_offers_srtp_or_whose_secret_is_known_has_a_letter() -> None:
    for name in ("webrtc-gcm", "webrtc-dtls13", "no-common-profile", "session-setup-2"):
        assert not any(map(stays_closed, golden(name).associations)), name
