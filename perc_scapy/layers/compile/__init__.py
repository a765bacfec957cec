# SPDX-License-Identifier: GPL-2.0-only
"""From a layer's definition: strict decoder, encoder, light records and fast field readers.

    decode(cls, data) -> Record            DecodeError for anything but exactly one canonical message
    encode(packet_or_record) -> bytes      EncodeError when a rule is broken
    record(cls, **fields) -> Record        a value object; nested bodies are records too
    record_class(cls)                      its class, for those who make many: takes every stored value as records hold
                                           them (int, bytes, tuple, record); nothing is filled in, `encode` checks
    reader(cls, *names)                    function of octets: leading fields at fixed places

The functions are generated from `fields_desc` on first use and kept.
"""

from perc_scapy.layers.compile.decoder import decode
from perc_scapy.layers.compile.encoder import encode
from perc_scapy.layers.compile.making import from_packet, record
from perc_scapy.layers.compile.reader import reader
from perc_scapy.layers.compile.records import Record, record_class

__all__ = ["Record", "decode", "encode", "from_packet", "reader", "record", "record_class"]
