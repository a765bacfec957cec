# SPDX-License-Identifier: GPL-2.0-only
"""TCP streams: TLS by its handshake, everything else emptied."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.tls import MAX_HANDSHAKE, TlsNames
from perc_scapy.pcap.packets import Segment
from tests.capture.webrtc import A, B

HELLO = (
    b"\x01\0\0\x3f\3\3"
    + bytes(range(32))
    + b"\0\0\2\x13\1\1\0"
    + b"\0\x14\0\0\0\x10\0\x0e\0\0\x0balice.local"
)
CERTIFICATE = b"\x0b\0\0\x10\0\0\x0d\0\0\x0a0\x08\x0c\6Oxford"


def record(kind: int, data: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(data).to_bytes(2, "big") + data


SEALED = (
    record(20, b"\1") + record(22, b"encrypted finished") + record(23, b"encrypted name: alice")
)


def segments(stream: bytes, size: int, *, isn: int = 1000, syn: bool = True) -> list[Segment]:
    found = [Segment(0, 0.0, A, B, isn, 0, 2, b"")] if syn else []
    for at in range(0, len(stream), size):
        seq = (isn + 1 + at) % (1 << 32)
        found.append(Segment(0, 0.0, A, B, seq, 0, 0x10, stream[at : at + size]))
    return [replace(s, number=n) for n, s in enumerate(found, 1)]


def anonymous(trace: list[Segment]) -> list[bytes]:
    names = TlsNames(Pseudonyms(bytes(32)))
    for segment in trace:
        names.learn(segment)
    found = [names.anonymous(segment) for segment in trace]
    assert [len(data) for data in found] == [len(s.data) for s in trace]
    return found


STREAM = record(22, HELLO + CERTIFICATE[:9]) + record(22, CERTIFICATE[9:]) + SEALED


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
@pytest.mark.parametrize("isn", [1000, (1 << 32) - 30])
def test_names_in_the_handshake_go_and_the_encrypted_rest_stays(size: int, isn: int) -> None:
    assert len(HELLO) == 4 + 0x3F
    new = b"".join(anonymous(segments(STREAM, size, isn=isn)))
    assert b"alice.local" not in new
    assert b"Oxford" not in new
    assert new.endswith(SEALED)
    assert new[: 5 + 44] == STREAM[: 5 + 44]  # random and suites
    whole = b"".join(anonymous(segments(STREAM, 5000)))
    assert new == whole


def test_reordered_repeated_and_overlapping_segments() -> None:
    trace = segments(STREAM, 20)
    trace += [
        replace(s, seq=s.seq - 5, data=STREAM[max(0, s.seq - 1006) :][:25]) for s in trace[3:6]
    ]
    random.Random(1).shuffle(trace)
    whole = b"".join(anonymous(segments(STREAM, 5000)))
    for segment, new in zip(trace, anonymous(trace), strict=True):
        at = segment.seq - 1001
        if segment.data:
            assert new == whole[at : at + len(new)]


def test_a_stream_that_is_no_tls_is_emptied() -> None:
    new = b"".join(anonymous(segments(b"GET / HTTP/1.1\r\nHost: alice.local\r\n" * 9, 50)))
    assert new == bytes(len(new))


def test_a_handshake_with_a_hole_is_emptied_behind_it() -> None:
    trace = [s for s in segments(STREAM, 30) if s.seq != 1001 + 60]
    new = b"".join(anonymous(trace))
    assert b"Oxford" not in new
    assert b"alice" not in new


def test_a_capture_that_begins_in_encrypted_records() -> None:
    new = b"".join(anonymous(segments(SEALED[6:] + SEALED, 30, syn=False)))
    assert b"alice" not in new or new.endswith(SEALED)
    aligned = b"".join(anonymous(segments(record(23, b"x" * 50) * 3, 30, syn=False)))
    assert aligned == record(23, b"x" * 50) * 3


def test_connections_that_follow_each_other_between_the_same_ports() -> None:
    one, two = segments(STREAM, 40), segments(record(22, HELLO) + SEALED, 40, isn=500_000)
    plain = segments(b"alice says hello" * 4, 40, isn=900_000)
    new = anonymous([*one, *two, *plain])
    assert b"".join(new[: len(one)]) == b"".join(anonymous(one))
    assert b"".join(new[len(one) : len(one) + len(two)]) == b"".join(anonymous(two))
    assert b"".join(new[len(one) + len(two) :]) == bytes(64)


def test_what_came_before_the_first_octet_is_emptied() -> None:
    trace = segments(record(23, b"x" * 50), 55, syn=False)
    trace.append(replace(trace[0], seq=trace[0].seq - 10, data=b"alice says" + b"y"))
    assert anonymous(trace)[-1] == bytes(10) + b"y"


def test_an_endless_handshake_is_not_collected_for_ever() -> None:
    names = TlsNames(Pseudonyms(bytes(32)))
    for segment in segments(record(22, bytes(16000)) * 40, 16005):
        names.learn(segment)
    (directions,) = names._known.values()
    assert len(directions[0].data) < MAX_HANDSHAKE + 16005
