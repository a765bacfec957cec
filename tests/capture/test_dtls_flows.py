# SPDX-License-Identifier: GPL-2.0-only
"""Several associations on one pair of addresses, and traffic that is none."""

import random

import pytest

from perc_scapy.capture.dtls_flows import DtlsFlow, client_random
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import ContentType
from perc_scapy.dtls.record import Record
from tests.capture.conversations import observed, recorded


def merged(*keylogs: KeyLog) -> KeyLog:
    whole = KeyLog()
    for keylog in keylogs:
        whole.add_text(keylog.to_text())
    return whole


def test_a_new_client_random_is_a_new_association_and_late_records_find_the_old_one() -> None:
    first, second = recorded("first"), recorded("second")
    late = first.log[-2:]
    log = [*first.log[:-2], *second.log[:4], *late, *second.log[4:]]
    flow = observed(log, merged(first.keylog, second.keylog))
    assert len(flow.sessions) == 2
    for session in flow.sessions:
        assert len(list(session.contents(ContentType.APPLICATION_DATA))) == 2


def test_a_repeated_client_hello_begins_nothing() -> None:
    talk = recorded()
    flow = observed([*talk.log, talk.log[0]], talk.keylog)
    assert len(flow.sessions) == 1


def test_either_end_may_be_the_client() -> None:
    talk = recorded()
    other = [({"client": "server", "server": "client"}[who], data) for who, data in talk.log]
    flow = observed(other, talk.keylog)
    assert flow.sessions[0].client == "server"
    assert len(list(flow.sessions[0].contents(ContentType.APPLICATION_DATA))) == 2


def test_noise_is_counted_and_never_raises() -> None:
    talk = recorded()
    dice = random.Random(3)
    log = []
    for who, datagram in talk.log * 20:
        broken = bytearray(datagram[: dice.randrange(len(datagram) + 1)])
        for _ in range(dice.randrange(4)):
            if broken:
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        log.append((who, bytes(broken)))
    flow = observed([*talk.log[:2], *log], talk.keylog)
    assert flow.malformed
    for session in flow.sessions:
        session.ekt_keys()
        session.exported_keys()
        assert session.client_hello is None or session.client_hello.random


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x01" + bytes(11), b"\x01" + bytes(40), b"\x02" + bytes(60)]
)
def test_records_that_begin_no_client_hello(data: bytes) -> None:
    assert client_random(Record(22, 0xFEFD, 0, data)) is None
    assert client_random(Record(22, 0xFEFD, 1 << 48, b"\x01" + bytes(80))) is None


def test_without_any_client_hello_there_is_no_association() -> None:
    flow = DtlsFlow()
    flow.add(1, 0.0, "x", recorded().log[-1][1])
    flow.resolve(KeyLog())
    assert flow.sessions == []
