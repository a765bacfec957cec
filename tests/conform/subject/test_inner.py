# SPDX-License-Identifier: GPL-2.0-only
"""One association as judges see it."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.subject import Subject
from perc_scapy.conform.subject.inner import FIRST_OF_EPOCH_1, InnerView, has_all
from tests.capture.handmade import CIPHER, PROFILE
from tests.conform.planted.key_information import keys_come_once
from tests.conform.stage import Stage, conference, keylog_without


@pytest.fixture(scope="module")
def stage() -> Stage:
    return conference("A", 2)


def view(analysis: Analysis) -> InnerView:
    (found,) = Subject(analysis).inner
    return found


def test_hellos_certificates_and_messages(stage: Stage) -> None:
    a = view(stage.analysis())
    assert (a.offered_profiles, a.offered_ciphers) == ((PROFILE,), (CIPHER,))
    assert a.server_hello is not None
    assert all(a.certificates(side) for side in (True, False))
    assert [m.keys is not None for m in a.messages].count(True) == len(a.key_messages) == 1
    assert a.alone
    assert len(list(a.ekt_messages())) == 2  # on both links


def test_the_finished_is_known_by_its_content(stage: Stage) -> None:
    a = view(stage.analysis())
    (carrier,) = [m for m in a.messages if not m.from_mdd and a.carries_finished(m)]
    assert carrier.keys is not None
    assert a.finished_number(False) == FIRST_OF_EPOCH_1
    assert a.finished_packet(False) is not None


def test_without_the_secret_by_its_place(stage: Stage) -> None:
    a = view(Analysis(stage.trace, keylog_without(stage, "A")))
    carriers = [m for m in a.messages if not m.from_mdd and a.carries_finished(m)]
    assert [m.keys is not None for m in carriers] == [True]


def test_a_finished_that_comes_again_is_one_too() -> None:
    a = view(keys_come_once())
    carriers = [m for m in a.messages if not m.from_mdd and a.carries_finished(m)]
    assert [m.keys is not None for m in carriers] == [True, False]


def test_missing_records(stage: Stage) -> None:
    sessions = view(stage.analysis()).sessions
    assert all(map(has_all, sessions))
    address = stage.people["A"].address
    for lost in [d for d in stage.trace if address in (d.src, d.dst) and 20 <= d.data[0] < 64][:-2]:
        kept = [d for d in stage.trace if d is not lost]
        found = view(Analysis(kept, stage.keylog())).association.direct
        # The first answer of a server (a cookie request) may be missing unnoticed: its numbers begin anywhere.
        assert found is None or not has_all(found) or lost.dst == address
