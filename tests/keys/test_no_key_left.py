# SPDX-License-Identifier: GPL-2.0-only
"""What leaves this machine is searched for every key that its captures are known to hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.checks.keys import end_to_end_secrets
from perc_scapy.capture.keyring import Keyring
from perc_scapy.keys.anonymous.capture import CaptureNames
from perc_scapy.keys.blocks import read_blocks
from perc_scapy.keys.secrets import with_secrets, without_secrets
from perc_scapy.keys.share import shared, write_shared
from tests.golden.samples import CAPTURES
from tests.keys.files import blocks, reader, written

NAMES = ("new-user-joins-aes256", "e2e-rekey", "rfc9185-tls13", "webrtc-gcm", "openssl-endpoint")
WINDOW = 6
"""Octets of a key that nobody finds by chance."""


def with_its_keys(name: str) -> bytes:
    """A golden capture with its key log inside."""
    trace = (CAPTURES / name / "trace.pcapng").read_bytes()
    log = (CAPTURES / name / "secrets.keylog").read_bytes()
    return written(list(with_secrets(blocks(trace), log)))


def known_keys(analysis: Analysis) -> Iterator[bytes]:
    """Secrets of the key log, and all that follows from them."""
    for line in analysis.keylog.to_text().splitlines():
        yield bytes.fromhex(line.split()[2].decode())
    for association in analysis.associations:
        for keys in (association.exported(), association.hop_keys()):
            for master in () if keys is None else (keys.client, keys.server):
                yield from map(bytes, master)
    for secret, _ in end_to_end_secrets(analysis):
        yield secret


def found(analysis: Analysis, data: bytes) -> set[bytes]:
    """Pieces of keys in a file, as octets or as hex."""
    pieces = {
        key[at : at + WINDOW] for key in known_keys(analysis) for at in range(len(key) - WINDOW + 1)
    }
    assert len(pieces) > 50
    lower = data.lower()
    return {piece for piece in pieces if piece in data or piece.hex().encode() in lower}


@pytest.fixture(params=NAMES)
def capture(request: pytest.FixtureRequest) -> tuple[bytes, Analysis]:
    data = with_its_keys(request.param)
    return data, analyse(reader(data))


def test_stripped(capture: tuple[bytes, Analysis]) -> None:
    data, analysis = capture
    assert found(analysis, data)  # the search finds what is there
    assert not found(analysis, written(list(without_secrets(blocks(data)))))


def test_anonymous(capture: tuple[bytes, Analysis]) -> None:
    data, analysis = capture
    names = CaptureNames(bytes(range(16)))
    names.learn(reader(data))
    assert not found(analysis, written(list(names.anonymous(read_blocks(reader(data))))))


def test_shared(capture: tuple[bytes, Analysis]) -> None:
    _, analysis = capture
    stream = io.BytesIO()
    write_shared(stream, shared(analysis))
    assert len(stream.getvalue()) > 1000
    assert not found(analysis, stream.getvalue())


def test_stated_keys_are_no_part_of_a_capture() -> None:
    """Tables have no place in a file, so there is nothing to strip; SDES keys in packets are blotted out elsewhere."""
    folder = Path(CAPTURES / "stated-keys")
    ring = Keyring.of([folder / "keys.toml"])
    data = (folder / "trace.pcapng").read_bytes()
    assert len(ring.statements) > 1
    assert written(list(without_secrets(blocks(data)))) == written(blocks(data))
