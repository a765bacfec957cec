# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
import signal
import time

import pytest

from perc_scapy.net.address import Address, parse_address
from perc_scapy.net.driver import Driver
from perc_scapy.net.udp import UdpSocket


class Probe:
    """A shell that writes down what it is told."""

    def __init__(self, *, on_step=lambda probe, now: None) -> None:
        self.socket = UdpSocket(Address("127.0.0.1", 0))
        self.heard: list[bytes] = []
        self.steps = 0
        self.finished = False
        self.on_step = on_step

    def start(self, driver, now):
        self.driver = driver
        driver.listen(self.socket, lambda data, addr, now: self.heard.append(data))

    def step(self, now):
        self.steps += 1
        return self.on_step(self, now)

    def finish(self, now):
        self.finished = True


def test_timers_come_and_stop_ends_with_its_code():
    began = time.monotonic()

    def on_step(probe, now):
        if probe.steps == 4:
            probe.driver.stop(7)
        return began + 0.01 * probe.steps

    probe = Probe(on_step=on_step)
    assert Driver(probe).run() == 7
    assert probe.steps == 4
    assert probe.finished


def test_datagrams_reach_the_shell_and_each_reading_is_followed_by_a_step():
    client = UdpSocket(Address("127.0.0.1", 0))

    def on_step(probe, now):
        if probe.steps == 1:
            client.send(b"one", probe.socket.address)
        if probe.heard:
            probe.driver.stop()

    probe = Probe(on_step=on_step)
    assert Driver(probe).run() == 0
    assert probe.heard == [b"one"]
    client.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
def test_signals_end_it_cleanly(number, code):
    probe = Probe(on_step=lambda probe, now: os.kill(os.getpid(), number))
    assert Driver(probe).run() == code
    assert probe.finished


def test_a_closed_terminal_is_ignored_when_the_caller_ignores_it():
    def on_step(probe, now):
        os.kill(os.getpid(), signal.SIGHUP if probe.steps == 1 else signal.SIGTERM)
        return now

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        probe = Probe(on_step=on_step)
        assert Driver(probe).run() == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert probe.steps >= 2, "the first signal changed nothing"


def test_a_bug_is_not_swallowed_and_the_socket_is_closed():
    def on_step(probe, now):
        raise ZeroDivisionError

    probe = Probe(on_step=on_step)
    with pytest.raises(ZeroDivisionError):
        Driver(probe).run()
    assert not probe.finished
    assert probe.socket.fileno() == -1


def test_a_timer_in_the_past_does_not_starve_the_sockets():
    client = UdpSocket(Address("127.0.0.1", 0))

    def on_step(probe, now):
        if probe.steps == 1:
            client.send(b"still heard", parse_address(str(probe.socket)))
        if probe.heard:
            probe.driver.stop()
        return now - 1

    probe = Probe(on_step=on_step)
    assert Driver(probe).run() == 0
    client.close()
