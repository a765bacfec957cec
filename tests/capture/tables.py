# SPDX-License-Identifier: GPL-2.0-only
"""A flow table fed with recorded conversations between addresses."""

from __future__ import annotations

from perc_scapy.capture.flow_table import FlowTable
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.codes import ContentType
from perc_scapy.pcap.packets import Address

CLIENT, SERVER, NAT = Address("10.0.0.1", 1000), Address("10.0.0.2", 2000), Address("192.0.2.9", 7)
ENDS = {"client": (CLIENT, SERVER), "server": (SERVER, CLIENT)}
BOTH_WAYS = [(True, b"from the client"), (False, b"from the server")]

Packet = tuple[Address, Address, bytes]


def between(log: list[tuple[str, bytes]], ends=ENDS) -> list[Packet]:
    """A recorded conversation with addresses."""
    return [(*ends[who], data) for who, data in log]


def table_of(packets: list[Packet], keylog: KeyLog) -> FlowTable:
    table = FlowTable()
    for number, (src, dst, data) in enumerate(packets, 1):
        table.add_datagram(number, number / 1000, src, dst, data)
    table.resolve(keylog)
    return table


def application(session: SecuredSession) -> list[tuple[bool, bytes]]:
    data = session.contents(ContentType.APPLICATION_DATA)
    return [(opened.from_client, opened.content) for opened in data]


def texts(table: FlowTable, keylog: KeyLog) -> list[str]:
    return [note.text for note in table.notes(keylog)]
