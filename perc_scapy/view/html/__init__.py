# SPDX-License-Identifier: GPL-2.0-only
"""What notebooks and pages show: packets, lists of packets, tables, statistics, ladders, conformance reports.

Every function gives a fragment with its own style; `page` makes a document of some. No scripts, nothing fetched,
everything from a capture escaped, key octets covered.
"""

from perc_scapy.view.html.packet import packet_html, packets_html
from perc_scapy.view.html.results import ladder_html, report_html
from perc_scapy.view.html.style import page
from perc_scapy.view.html.tables import associations_html, stats_html, table_html

__all__ = [
    "associations_html",
    "ladder_html",
    "packet_html",
    "packets_html",
    "page",
    "report_html",
    "stats_html",
    "table_html",
]
