# SPDX-License-Identifier: GPL-2.0-only
"""What judges share about a capture: tunnels and messages good or bad, associations, packets, EKT."""

from perc_scapy.conform.subject.core import Subject
from perc_scapy.conform.subject.part import Part

__all__ = ["Part", "Subject"]
