# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
import struct

from perc_scapy.media.ivf import IvfWriter
from perc_scapy.media.vp8 import Size


def test_header_and_frames() -> None:
    stream = io.BytesIO()
    writer = IvfWriter(stream, Size(320, 240))
    writer.frame(0, b"first")
    writer.frame(3000, b"second!")
    writer.close()
    data = stream.getvalue()
    fields = struct.unpack_from("<4sHH4sHHIIII", data)
    assert fields == (b"DKIF", 0, 32, b"VP80", 320, 240, 90000, 1, 2, 0)
    assert (
        data[32:] == struct.pack("<IQ", 5, 0) + b"first" + struct.pack("<IQ", 7, 3000) + b"second!"
    )
