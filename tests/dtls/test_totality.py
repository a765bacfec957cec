# SPDX-License-Identifier: GPL-2.0-only
"""Nothing that arrives makes the engine raise, in any state, with and without valid protection."""

from __future__ import annotations

import functools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.dtls import DtlsClient, DtlsServer
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.dtls.record import encode_record
from tests.dtls.pairs import ekt_pair, ekt_parameters, events, shuttle

STEPS = 7


@functools.cache
def recorded() -> tuple[bytes, ...]:
    """All datagrams of one good join."""
    client, server = ekt_pair("recorded")
    log = [d for _, d in shuttle(client, server)]
    server.send_ekt_key(ekt_parameters())
    return tuple(log + [d for _, d in shuttle(client, server)])


def at_step(step: int) -> tuple[DtlsClient, DtlsServer]:
    """A pair after so many exchanged datagrams: the same bytes as in the recording."""
    client, server = ekt_pair("recorded")
    for number in range(step):
        if number == 4:
            server.send_ekt_key(ekt_parameters())
        for datagram in client.datagrams_to_send(0.0):
            server.receive_datagram(datagram, 0.0)
            break
        else:
            for datagram in server.datagrams_to_send(0.0):
                client.receive_datagram(datagram, 0.0)
    return client, server


def feed(engine, datagram: bytes) -> None:
    """Feed it and use every other verb; nothing may raise."""
    engine.receive_datagram(datagram, 1.0)
    engine.get_timer()
    engine.handle_timer(2.0)
    engine.datagrams_to_send(2.0)
    events(engine)


headers = st.builds(
    lambda kind, length, sequence, offset, data: encode_fragment(
        kind, length, sequence, offset, data
    ),
    st.sampled_from([0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 22, 26, 255]),
    st.sampled_from([0, 1, 12, 40, 5000, 0xFFFFFF]) | st.integers(0, 200),
    st.integers(0, 12) | st.just(0xFFFF),
    st.sampled_from([0, 0, 0, 1, 20, 0xFFFFFF]),
    st.binary(max_size=120),
)
whole = st.builds(
    lambda kind, sequence, data: encode_fragment(kind, len(data), sequence, 0, data),
    st.sampled_from([0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 26]),
    st.integers(0, 8),
    st.binary(max_size=200),
)
contents = st.binary(max_size=150) | headers | whole
records = st.builds(
    encode_record,
    st.integers(19, 27),
    st.integers(0, 3).map(lambda n: n << 48) | st.integers(0, (1 << 64) - 1),
    contents,
    st.sampled_from([0xFEFD, 0xFEFF, 0x0303]),
)


@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, STEPS), st.booleans(), st.lists(st.binary(max_size=100) | records, max_size=4)
)
def test_random_datagrams_in_every_state(step, to_client, parts):
    client, server = at_step(step)
    feed(client if to_client else server, b"".join(parts))


@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, STEPS),
    st.booleans(),
    st.integers(20, 27),
    st.lists(contents, min_size=1, max_size=4),
)
def test_random_contents_under_valid_keys(step, to_client, kind, parts):
    """The peer itself goes wild: what it seals authenticates."""
    client, server = at_step(step)
    target, peer = (client, server) if to_client else (server, client)
    for content in parts:
        feed(target, peer._out.writers[-1].write(kind, content))


def test_mutated_recordings_in_every_state():
    dice = random.Random(11)
    for _ in range(1500):
        client, server = at_step(dice.randrange(STEPS))
        datagram = bytearray(dice.choice(recorded()))
        for _ in range(dice.randint(1, 4)):
            position = dice.randrange(len(datagram))
            what = dice.randrange(4)
            if what == 0:
                datagram[position] = dice.randrange(256)
            elif what == 1:
                del datagram[position:]
            elif what == 2:
                datagram[position:position] = dice.randbytes(dice.randint(1, 8))
            else:
                datagram[position : position + 3] = b"\xff\xff\xff"
            if not datagram:
                break
        feed(dice.choice((client, server)), bytes(datagram))


@pytest.mark.parametrize("length", range(30))
def test_every_truncation_of_every_datagram(length):
    for number, datagram in enumerate(recorded()):
        client, server = at_step(number)
        for engine in (client, server):
            feed(engine, datagram[:length])
            feed(engine, datagram[: len(datagram) - length])


def test_garbage_that_is_no_record_does_not_disturb_a_join():
    """Only a well-formed plain handshake message could; that is the nature of epoch 0."""
    dice = random.Random(5)
    for seed in range(20):
        client, server = ekt_pair(seed)
        for _ in range(10):
            for engine in (client, server):
                engine.receive_datagram(dice.randbytes(dice.randrange(200)), 0.0)
                sealed_kind = dice.choice((20, 23, 26))
                engine.receive_datagram(
                    encode_record(sealed_kind, 1 << 48 | dice.getrandbits(48), dice.randbytes(60)),
                    0.0,
                )
            for one, two in ((client, server), (server, client)):
                for datagram in one.datagrams_to_send(0.0):
                    two.receive_datagram(datagram, 0.0)
        assert client.established
        assert server.established
