# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from perc_scapy.net.people import words


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ({"ssrc": 0xABC, "spi": 0x1F}, "ssrc=00000abc spi=001f"),
        ({"old": 1, "reporter": 2}, "old=00000001 reporter=00000002"),
        ({"profile": 9}, "profile=DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"),
        ({"ekt_cipher": 1, "profile": 0x7777}, "ekt_cipher=AESKW_128 profile=30583"),
        ({"ekt_cipher": None, "first": True, "ttl": 5}, "first=True ttl=5"),
        ({"conference_id": "c0", "conference": "room"}, "conference=room"),
        ({"conference_id": "c0", "conference": None}, "conference_id=c0"),
        ({"tunnel_id": {"addr": "[::1]:5", "serial": 1}}, "tunnel_id=[::1]:5#1"),
        ({"tunnel_id": "shared"}, "tunnel_id=shared"),
        ({"path": {"listener": "02", "remote": "127.0.0.1:7"}}, "path=127.0.0.1:7"),
        ({"counters": {"kmf": {"malformed": 2}, "socket": {}}}, "kmf.malformed=2"),
        ({"lines": {"handshake_started": 3}}, "lines.handshake_started=3"),
        ({"recorded": [{"wav": "a.wav", "ssrc": 1}, {"wav": "b.wav"}]}, "recorded=[a.wav, b.wav]"),
        ({"reason": "not a member"}, 'reason="not a member"'),
    ],
)
def test_what_people_read(shown, wanted):
    assert " ".join(words(shown)) == wanted
