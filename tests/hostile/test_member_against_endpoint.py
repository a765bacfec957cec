# SPDX-License-Identifier: GPL-2.0-only
"""A member that comes and goes with ever new SSRCs, against an endpoint that stays."""

from __future__ import annotations

import pytest

from perc_scapy.roles.endpoint.events import Drop
from perc_scapy.roles.endpoint.receive import SILENT_INTERVALS
from tests.roles.endpoint.test_receive import drop_of, packet, sides


@pytest.mark.req("R8871-35")
def test_sources_that_fell_silent_make_room_and_those_that_speak_stay() -> None:
    sending, receiving = sides()
    interval = receiving._config.report_interval
    for ssrc in range(4):
        receiving._source(ssrc).heard_at = 100.0
    late = 100.0 + SILENT_INTERVALS * interval
    assert drop_of(receiving, packet(sending, late), late) is Drop.TOO_MANY_SOURCES
    receiving.sources[2].heard_at = late
    later = late + interval
    media, _ = receiving.unprotect_untrusted(packet(sending, later), later)
    assert media.ssrc == sending.ssrc
    assert list(receiving.sources) == [2, sending.ssrc]


def test_looking_for_silent_sources_is_done_once_an_interval() -> None:
    sending, receiving = sides()
    for ssrc in range(4):
        receiving._source(ssrc).heard_at = 900.0
    assert drop_of(receiving, packet(sending, 900.0), 900.0) is Drop.TOO_MANY_SOURCES
    for status in receiving.sources.values():
        status.heard_at = 0.0
    assert drop_of(receiving, packet(sending, 901.0), 901.0) is Drop.TOO_MANY_SOURCES
    receiving.unprotect_untrusted(packet(sending, 906.0), 906.0)
