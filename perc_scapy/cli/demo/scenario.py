# SPDX-License-Identifier: GPL-2.0-only
"""The three flows with real processes: KMF and MDD, then one endpoint after the other; events say when to go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from perc_scapy.cli.demo.processes import Child, ChildFailed, Children
from perc_scapy.cli.demo.workspace import Workspace

Say = Callable[[str], None]


class Scenario:
    """Runs a conference in a workspace and leaves its capture, key logs and recordings there."""

    def __init__(self, workspace: Workspace, children: Children, say: Say) -> None:
        self._work, self._children, self._say = workspace, children, say
        self._endpoints: dict[str, Child] = {}
        self._logs: list[Path] = []

    @property
    def capture(self) -> Path:
        """What the MDD's sockets saw."""
        return self._work.path("mdd.pcapng")

    @property
    def keylogs(self) -> list[Path]:
        """Key logs of the KMF and of every endpoint; the MDD gives none."""
        return list(self._logs)

    def run(self) -> None:
        """All of it. Raises `ChildFailed`, `MissingToolError` or `ConfigError`."""
        kmf, mdd, address = self._servers()
        for name in self._work.names:
            self._join(name, address)
            self._everybody_hears(name)
        self._say("everybody hears everybody; stopping")
        self._stop(mdd)  # first, so that its capture ends with the conference, not with the leaving
        for child in self._endpoints.values():
            self._stop(child)
        self._stop(kmf)

    def _servers(self) -> tuple[Child, Child, str]:
        kmf = self._start("kmf", self._work.kmf_config(), keylog=True)
        self._children.wait("KMF", lambda: kmf.find("ready") is not None)
        listen = kmf.events[0]["listen"][0]
        self._say(f"KMF listens on {listen}")
        mdd = self._start("mdd", self._work.mdd_config(listen), "--capture", str(self.capture))
        self._children.wait("tunnel", lambda: mdd.find("tunnel_opened") is not None)
        address = mdd.events[0]["listen"][0]
        self._say(f"MDD listens on {address}, tunnel to the KMF is up")
        return kmf, mdd, address

    def _start(self, name: str, config: Path, *more: str, keylog: bool = False) -> Child:
        command = name if name in ("kmf", "mdd") else "endpoint"
        arguments = [command, "--config", str(config), "--json", *more]
        if keylog:
            self._logs.append(self._work.path(f"{name}.keylog"))
            arguments += ["--keylog", str(self._logs[-1])]
        return self._children.start(name, *arguments)

    def _join(self, name: str, mdd: str) -> None:
        child = self._start(name, self._work.endpoint_config(name, mdd), keylog=True)
        self._endpoints[name] = child
        self._children.wait(f"EKT key for {name}", lambda: child.find("media_ready") is not None)
        key = child.find("ekt_key")
        self._say(f"{name} has joined" + (f", EKT key SPI {key['spi']:#06x}" if key else ""))

    def _everybody_hears(self, newcomer: str) -> None:
        """Each one opens each other one under the newcomer's EKT key: who was there has changed keys by then."""
        key = self._endpoints[newcomer].find("ekt_key")
        spi = key["spi"] if key else 0
        pairs = [(a, b) for a in self._endpoints for b in self._endpoints if a != b]
        if not pairs:
            return
        what = f"media of everybody under the EKT key that {newcomer} has"
        self._children.wait(what, lambda: all(self._hears(a, b, spi) for a, b in pairs))
        self._say(f"{' '.join(self._endpoints)} hear each other under SPI {spi:#06x}")
        since = time.time()
        what = "RTCP reports of everybody about everybody"
        self._children.wait(what, lambda: all(self._reports(a, b, since) for a, b in pairs))

    def _hears(self, listener: str, speaker: str, spi: int) -> bool:
        ssrc = self._ssrc(speaker)
        heard = self._endpoints[listener].find("sender_key", ssrc=ssrc, spi=spi)
        return ssrc is not None and heard is not None

    def _reports(self, listener: str, speaker: str, since: float) -> bool:
        """The speaker was told, after `since`, how the listener receives it: they have talked for a while."""
        wanted = {"ssrc": self._ssrc(speaker), "reporter": self._ssrc(listener)}
        return self._endpoints[speaker].find("report_received", since, **wanted) is not None

    def _ssrc(self, name: str) -> int | None:
        sending = self._endpoints[name].find("sending")
        return None if sending is None else int(sending["ssrc"])

    def _stop(self, child: Child) -> None:
        code = self._children.stop(child)
        if code != 0:
            raise ChildFailed(f"{child.name} ended with code {code}")
