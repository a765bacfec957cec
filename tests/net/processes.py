# SPDX-License-Identifier: GPL-2.0-only
"""Real processes for tests: certificates, configurations, JSON events read line by line with a bound."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

from perc_scapy.dtls.identity import Identity
from perc_scapy.media.speech import speech
from perc_scapy.media.wav import encode_wav

PATIENCE = 30.0
"""Seconds that an event may take on a loaded machine; nothing waits so long when all is well."""


class Process:
    """`perc …` with `--json`. `until(name, **fields)` waits for an event; `events` holds all that came."""

    def __init__(self, *arguments: object, cwd: Path) -> None:
        command = [sys.executable, "-m", "perc_scapy.cli", *map(str, arguments)]
        self.popen = subprocess.Popen(
            command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.events: list[dict] = []
        self.stderr = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._threads = [threading.Thread(target=work) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        for line in self.popen.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        self.stderr = self.popen.stderr.read()

    def until(self, name: str, **fields: object) -> dict:
        """The first event with these fields, seen already or still to come."""
        wanted = {"event": name, **fields}
        for event in self.events:
            if wanted.items() <= event.items():
                return event
        while True:
            event = self._next(wanted)
            if wanted.items() <= event.items():
                return event

    def _next(self, wanted: object) -> dict:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{wanted} did not come; seen: {self.names()}") from None
        if line is None:
            self._threads[1].join(PATIENCE)
            raise AssertionError(f"ended before {wanted}; seen: {self.names()}; {self.stderr}")
        self.events.append(json.loads(line))
        if len(self.events) == 1:
            self._check_first_line(self.events[0])
        return self.events[-1]

    @staticmethod
    def _check_first_line(event: dict) -> None:
        """Others start these programs too, and wait for this line."""
        assert (event["schema"], event["event"]) == (1, "ready")
        assert event["listen"]
        for address in event["listen"]:
            assert 0 < int(address.rpartition(":")[2]) < 65536, "the port that was bound, not 0"

    def several(self, name: str, count: int) -> list[dict]:
        """The first `count` events of this name; waits for them."""
        while len(self.all(name)) < count:
            self._next(f"{count} x {name}")
        return self.all(name)[:count]

    def all(self, name: str) -> list[dict]:
        """Those read so far; all there are once the process has ended."""
        return [event for event in self.events if event["event"] == name]

    def names(self) -> list[str]:
        return [event["event"] for event in self.events]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, read the rest, return the exit code."""
        self.popen.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.popen.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self.events.append(json.loads(line))
        self.popen.stdout.close()
        self.popen.stderr.close()
        return code

    def kill(self) -> None:
        if self.popen.returncode is None:
            self.popen.kill()
            self.wait()


class Place:
    """A folder with certificates and configurations, and the processes started from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identities: dict[str, Identity] = {}
        self.processes: list[Process] = []

    def certificate(self, *names: str) -> None:
        for name in names:
            identity = self.identities[name] = Identity.generate(name)
            (self.folder / f"{name}.pem").write_bytes(identity.certificate_pem())
            (self.folder / f"{name}.key").write_bytes(identity.private_key_pem())

    def voice(self, name: str, seconds: float, seed: int):
        """Write NAME.wav; returns its samples."""
        samples = speech(seconds, seed)
        (self.folder / f"{name}.wav").write_bytes(encode_wav(samples, 8000))
        return samples

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *arguments: object) -> Process:
        process = Process(*arguments, "--json", cwd=self.folder)
        self.processes.append(process)
        return process

    # -- the usual configurations

    def kmf(self, *conferences: str, listen: str = "127.0.0.1:0", options: tuple = ()) -> Process:
        text = f'listen = "{listen}"\ncertificate = "kmf.pem"\nprivate_key = "kmf.key"\n'
        path = self.write("kmf.toml", text + "".join(conferences))
        process = self.start("kmf", "--config", path, *options)
        process.until("ready")
        return process

    def mdd(
        self, *conferences: str, head: str = "", options: tuple = (), name: str = "mdd"
    ) -> Process:
        text = f'certificate = "{name}.pem"\nprivate_key = "{name}.key"\n{head}\n'
        path = self.write(f"{name}.toml", text + "".join(conferences))
        process = self.start("mdd", "--config", path, *options)
        process.until("ready")
        return process

    def endpoint(self, name: str, mdd: str, *options: object, kmf: str = "kmf.pem") -> Process:
        return self.start(
            "endpoint", "--mdd", mdd, "--cert", f"{name}.pem", "--key", f"{name}.key",
            "--kmf-fingerprint", kmf, *options,
        )  # fmt: skip

    def clean(self) -> None:
        for process in self.processes:
            process.kill()


def conference_id(number: int) -> str:
    return f"c0c1c2c3c4c5c6c7c8c9cacbcccdce{number:02x}"


def kmf_conference(*members: str, number: int = 0, mdds: tuple = ("mdd",), more: str = "") -> str:
    people = "".join(
        f'[[conference.member]]\nname = "{name}"\nfingerprint = "{name}.pem"\n' for name in members
    )
    allowed = ", ".join(f'"{name}.pem"' for name in mdds)
    return (
        f'[[conference]]\nid = "{conference_id(number)}"\nname = "room{number}"\n'
        f"mdds = [{allowed}]\n{more}\n{people}"
    )


def mdd_conference(kmf: str, *, number: int = 0, pinned: str = "kmf.pem", more: str = "") -> str:
    return (
        f'[[conference]]\nid = "{conference_id(number)}"\nname = "room{number}"\n'
        f'listen = "127.0.0.1:0"\nkmf = "{kmf}"\nkmf_fingerprint = "{pinned}"\n{more}\n'
    )


def address_of(process: Process, index: int = 0) -> str:
    return process.until("ready")["listen"][index]
