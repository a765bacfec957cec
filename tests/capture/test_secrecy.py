# SPDX-License-Identifier: GPL-2.0-only
"""Looking back must fail where it should, and must be seen to work where a sender is careless."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.secrecy import Attempt, look_back
from tests.capture.handmade import HandmadeConference, k, three_flows


def attempt(talk: HandmadeConference, who: int = 2) -> Attempt:
    analysis = Analysis(talk.trace, talk.keylog())
    return look_back(analysis, find_participants(analysis)[who])


@pytest.mark.req("NUJ-03", "R8871-24", "EKT-17")
def test_a_joiner_opens_nothing_of_the_past() -> None:
    found = attempt(three_flows())
    assert found.opened_earlier == 0
    assert found.earlier == 16
    assert found.opened_after > 10
    assert found.keys_tried == 3


def test_with_the_old_ekt_key_it_would_open_all() -> None:
    """The same attempt succeeds when the KMF hands the old key to the joiner."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for _ in range(4):
        talk.say("A", b"private")
    talk.join("C", k(1))
    talk.say("C", b"x")
    found = attempt(talk)
    assert found.opened_earlier == found.earlier == 8


@pytest.mark.req("R8871-22")
def test_a_sender_that_keeps_its_end_to_end_key_is_found_out() -> None:
    """A announces its old key under the new EKT key: whoever holds the new one can open the past."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for _ in range(4):
        talk.say("A", b"private")
    talk.join("C", k(2))
    ekt = talk.people["A"].sender.ekt
    old = bytes(ekt.master(talk.now).key)
    same_salt = k(2)
    object.__setattr__(same_salt, "salt", k(1).salt)
    talk.give("B", k(2))
    ekt.set_parameters(same_salt, talk.now, old)
    for _ in range(4):
        talk.say("A", b"public")
    talk.people["C"].parameters[0] = same_salt
    analysis = Analysis(talk.trace, talk.keylog())
    c = find_participants(analysis)[2]
    (received,) = c.ekt_keys()
    object.__setattr__(received.parameters, "salt", k(1).salt)
    c.association.sessions[0].ekt_keys = lambda: [received]
    found = look_back(analysis, c)
    assert found.opened_earlier > 0


def test_who_was_given_no_key_cannot_try() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    c = find_participants(analysis)[2]
    for session in c.association.sessions:
        session.ekt_keys = list
    assert look_back(analysis, c) == Attempt(0, 0, 0, 0)


def test_a_member_whose_server_chose_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can forge a ServerHello: nothing opens, and nothing raises."""
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    person = find_participants(analysis)[2]
    monkeypatch.setattr(type(person.association), "srtp_profile", 0x0080)
    assert look_back(analysis, person).opened_earlier == 0
