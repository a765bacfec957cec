# SPDX-License-Identifier: GPL-2.0-only
"""Every command shown in README or docs/ is run: the `sh` blocks of a page, in order, in an empty folder."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.tree import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_HERE = {
    # a line of a block: why this test does not run it
    "make test": "it is what runs this test",
    "make bench": "takes minutes; its parts are run by tests/bench",
}
SECONDS = 100
PORTS = ("20000", "20002")
"""Ports that the example configurations name; here each run takes free ones instead."""


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def script(page: Path) -> str:
    lines = [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    kept = [line for line in lines if line.split("#")[0].strip() not in NOT_HERE]
    kept = [line.replace(".venv/bin/perc", "perc") for line in kept]
    # -o: the environment that runs this test is not to be made anew under its feet.
    make = f"make -C {ROOT} VENV={sys.prefix} -o {sys.prefix}/.installed "
    return "\n".join(re.sub(r"^make ", make, line) for line in kept)


def with_free_ports(text: str) -> str:
    """The script with free UDP ports in place of the examples', in its lines and in what `perc config` prints."""
    edits = []
    for port in PORTS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            chosen = str(free.getsockname()[1])
        text = text.replace(port, chosen)
        edits.append(f"-e s/{port}/{chosen}/")
    return re.sub(r"^(perc config \w+)", rf"\1 | sed {' '.join(edits)}", text, flags=re.MULTILINE)


@pytest.mark.parametrize("page", [p for p in pages() if script(p)], ids=lambda p: p.name)
def test_commands_of_a_page_run(page: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NO_COLOR": "1",
    }
    run = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", with_free_ports(script(page))],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = run.communicate(timeout=SECONDS)
    finally:
        # Also when the shell itself has ended: what it started in the background would keep its ports.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
    assert run.returncode == 0, output[-3000:]


PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page", [p for p in pages() if PYTHON.search(p.read_text())], ids=lambda p: p.name
)
def test_python_of_a_page_runs(page: Path) -> None:
    for block in PYTHON.findall(page.read_text()):
        exec(compile(block, str(page), "exec"), {})


def test_commands_are_shown_in_sh_blocks_only() -> None:
    for page in pages():
        text = BLOCK.sub("", page.read_text())
        assert not re.search(r"^(?:\$ )?(?:perc|make) [a-z]+(?!.*:)", text, re.MULTILINE), page
