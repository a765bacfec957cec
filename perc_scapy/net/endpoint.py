# SPDX-License-Identifier: GPL-2.0-only
"""An endpoint process: joins through an MDD, sends a WAV as G.711 at 20 ms pace, records whoever it hears."""

from __future__ import annotations

import os
from collections.abc import Callable

from perc_scapy.codes import AlertDescription
from perc_scapy.dtls.flight import earliest
from perc_scapy.media.g711 import CODECS, PCMU
from perc_scapy.media.packetizer import FRAME_SECONDS, Packetizer, frames_due
from perc_scapy.media.recorder import Recorder
from perc_scapy.net.audio import load_audio, prepare_folder, write_recordings
from perc_scapy.net.config import EndpointSettings
from perc_scapy.net.driver import Driver
from perc_scapy.net.report import Reporter
from perc_scapy.net.udp import SockAddr, Tap, UdpSocket
from perc_scapy.roles.endpoint.events import (
    EktKeyInstalled,
    EndpointClosed,
    HopKeysReady,
    MediaReady,
    MediaReceived,
    SenderKeyLearned,
)
from perc_scapy.roles.endpoint.role import Endpoint
from perc_scapy.wire import classify

JOIN_TIMEOUT = 30.0
"""Seconds for the handshake and the first EKT key."""
REFUSED_TIME = 5.0
"""Seconds between the first and the latest refusal of the MDD's port after which nobody is waited for any more."""
MOST_LATE = 100
"""Frames made up for after a delay, two seconds of audio; a process that was stopped for longer skips ahead."""
_NAMES: dict[type, str] = {
    HopKeysReady: "joined",
    EktKeyInstalled: "ekt_key",
    SenderKeyLearned: "sender_key",
    EndpointClosed: "left",
}
"""Events whose line has a shorter name than their class; `SendingKeyChanged` is `sending_key_changed` and so on."""


class EndpointProcess:
    """A `Shell`. `problem` says after the end why there was no conference, or None."""

    def __init__(
        self,
        settings: EndpointSettings,
        reporter: Reporter,
        *,
        keylog: Callable[[str], None] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._settings, self._reporter, self._tap = settings, reporter, tap
        self._packetizer = self._load(settings)
        self._folder = None if settings.record is None else prepare_folder(settings.record)
        self.recorder = Recorder()
        self.endpoint = Endpoint(settings.role, random=os.urandom, keylog=keylog)
        self.problem: str | None = None
        self._ready_at: float | None = None
        self._give_up_at = 0.0
        self._sent = self._skipped = 0
        self._announced = self._leaving = self._answered = False
        self._refused = 0
        self._refused_since: float | None = None

    def start(self, driver: Driver, now: float) -> None:
        self._driver = driver
        self.socket = UdpSocket(peer=self._settings.mdd, tap=self._tap)
        driver.listen(self.socket, self._receive)
        self._reporter.event(
            "ready",
            listen=[str(self.socket)],
            mdd=str(self._settings.mdd),
            fingerprint=self._settings.role.identity.fingerprint,
        )
        self._give_up_at = now + JOIN_TIMEOUT
        self.endpoint.start(now)

    def step(self, now: float) -> float | None:
        timer = self.endpoint.get_timer()
        if timer is not None and timer <= now:
            self.endpoint.handle_timer(now)
        self._events(now)
        self._speak(now)
        self._flush(now)
        self._note_refusals(now)
        self._watch(now)
        return earliest(self.endpoint.get_timer(), self._next_frame(), self._deadline())

    def finish(self, now: float) -> None:
        """Leave, and write what was heard."""
        self._leaving = True
        self.endpoint.leave(now)
        self._flush(now)
        self._events(now)
        recorded: list[dict[str, object]] = []
        try:
            if self._folder is not None:
                recorded = write_recordings(self.recorder, self._folder)
        finally:  # the counters are told whether or not the disk is full
            counters = {"endpoint": self.endpoint.counters, "socket": self.socket.counters}
            sent = {"sent": self._sent, "skipped": self._skipped}
            self._reporter.event("end", **sent, recorded=recorded, counters=counters)

    def _load(self, settings: EndpointSettings) -> Packetizer | None:
        if settings.send is None:
            return None
        return Packetizer(load_audio(settings.send), loop=settings.loop)

    def _receive(self, data: bytes, addr: SockAddr, now: float) -> None:
        self._answered = True
        self.endpoint.receive_datagram(data, self._settings.role.mdd_addr, now)
        self._events(now)

    def _flush(self, now: float) -> None:
        for data, _ in self.endpoint.datagrams_to_send(now):
            if not self._announced and classify(data) == "rtp":
                self._announce(data)
            self.socket.send(data, None)

    def _announce(self, packet: bytes) -> None:
        """The role adds a random offset to timestamps; the header in clear has the one that others see."""
        self._announced = True
        self._reporter.event(
            "sending",
            ssrc=int.from_bytes(packet[8:12], "big"),
            first_timestamp=int.from_bytes(packet[4:8], "big"),
            payload_type=packet[1] & 0x7F,
        )

    def _events(self, now: float) -> None:
        while (event := self.endpoint.next_event()) is not None:
            if isinstance(event, MediaReceived):
                self._hear(event)
                continue
            if isinstance(event, MediaReady) and self._ready_at is None:
                self._ready_at = now
            self._reporter.dataclass(event, _NAMES.get(type(event)))
            if isinstance(event, EndpointClosed) and not self._leaving:
                self._ended(self._why(event))

    def _why(self, event: EndpointClosed) -> str:
        """What to compare when it was a certificate."""
        role = self._settings.role
        if self.endpoint.refused_kmf is not None:
            return f"the KMF showed {self.endpoint.refused_kmf}, not the one of --kmf-fingerprint"
        if event.local:
            return f"no conference: {event.reason}"
        denied = event.alert == AlertDescription.ACCESS_DENIED
        hint = f"; is {role.identity.fingerprint} (our certificate) a member there?"
        return f"the KMF ended it: {event.reason}{hint if denied else ''}"

    def _hear(self, event: MediaReceived) -> None:
        """RFC 8723 5.3: the codec is that of the PT as it arrived; without signaling a rewritten one says nothing."""
        new = event.ssrc not in self.recorder.tracks
        outer = event.outer_payload_type
        payload_type = outer if outer in CODECS else event.payload_type
        track = self.recorder.add(event.ssrc, payload_type, event.timestamp, event.payload)
        if new and track is not None:
            self._reporter.event(
                "heard",
                ssrc=event.ssrc,
                first_timestamp=event.timestamp,
                payload_type=payload_type,
                spi=event.spi,
                epoch=event.epoch,
                key_id=event.key_id,
            )

    def _speak(self, now: float) -> None:
        if self._packetizer is None or self._ready_at is None:
            return
        due = frames_due(self._ready_at, self._sent + self._skipped, now)
        if due > MOST_LATE:
            self._skipped += self._packetizer.skip(due - 1)
            due = 1
        for _ in range(due):
            frame = self._packetizer.next_frame()
            if frame is None:
                return
            self._sent += 1
            self.endpoint.send_rtp(
                frame.payload,
                timestamp=frame.timestamp,
                payload_type=PCMU.payload_type,
                marker=frame.marker,
                now=now,
            )

    def _next_frame(self) -> float | None:
        if self._packetizer is None or self._ready_at is None or self._packetizer.exhausted:
            return None
        return self._ready_at + FRAME_SECONDS * (self._sent + self._skipped)

    def _deadline(self) -> float | None:
        if self._ready_at is None:
            return self._give_up_at
        duration = self._settings.duration
        return None if duration is None else self._ready_at + duration

    def _note_refusals(self, now: float) -> None:
        """The system tells when the MDD's port is closed; an MDD that starts a little later is still met."""
        refused = self.socket.counters["unreachable"]
        if self._answered or refused == self._refused:
            return
        self._refused = refused
        if self._refused_since is None:
            self._refused_since = now
        elif now - self._refused_since >= REFUSED_TIME:
            self._ended(f"nobody listens at {self._settings.mdd}; is the MDD running?", 3)

    def _watch(self, now: float) -> None:
        deadline = self._deadline()
        if deadline is None or now < deadline:
            return
        if self._ready_at is not None:
            self._driver.stop()
        else:
            self._ended(
                f"no conference within {JOIN_TIMEOUT:g} s; "
                f"is the MDD at {self._settings.mdd} running and connected to its KMF?",
                3,
            )

    def _ended(self, problem: str, code: int = 1) -> None:
        self.problem = problem
        self._driver.stop(code)
