# SPDX-License-Identifier: GPL-2.0-only
"""What is measured of ours, each in a process of its own: `python -m bench.ours decrypt CAPTURE KEYLOG` and others."""

from __future__ import annotations

import sys
from pathlib import Path

COLUMNS = (
    "number",
    "time",
    "src",
    "dst",
    "src_port",
    "dst_port",
    "data_length",
    "ssrc",
    "sequence",
    "payload_type",
)
"""The columns of `bench.races.FIELDS` under our names."""


def columns(capture: str) -> int:
    """Ten columns as Arrow arrays, no key; packets seen."""
    from perc_scapy.pcap.fast import BatchReader
    from perc_scapy.tables.packets import packet_batches

    with BatchReader(capture) as reader:
        return sum(batch.num_rows for batch in packet_batches(reader, columns=COLUMNS))


def decrypt(capture: str, keylog: str) -> int:
    """All columns, both layers of every packet authenticated and decrypted; packets opened."""
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.tables.capture import CaptureTables

    tables = CaptureTables(capture, Keyring.of([keylog]))
    opened = 0
    for batch in tables.packets(streams=False):
        column = batch.column(batch.schema.get_field_index("opened"))
        opened += column.true_count
    return opened


def stream(capture: str, keylog: str) -> int:
    """The plain RTP packets themselves, as every command gets them; packets opened."""
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.capture.streaming import StreamedCapture

    found = StreamedCapture(capture, Keyring.of([keylog]))
    return sum(p.media is not None and p.media.opened.plain is not None for p in found)


def export(capture: str, folder: str) -> int:
    """Everything that `perc export` makes of a capture with its key log beside it."""
    from perc_scapy.cli import main

    return main(["export", capture, "-o", folder, "--workers", "0", "--no-resume"])


WORKS = {"columns": columns, "decrypt": decrypt, "stream": stream, "export": export}


def main(arguments: list[str]) -> int:
    """Exit code 1 when nothing was done: then there is nothing to measure."""
    work, *paths = arguments
    done = WORKS[work](*paths)
    if work == "export":
        return done
    print(done)
    return 0 if done and Path(paths[0]).exists() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
