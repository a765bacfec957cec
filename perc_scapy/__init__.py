# SPDX-License-Identifier: BSD-3-Clause
"""perc-scapy: protocol analysis and fuzzing workbench for PERC."""

__version__ = "0.1.0"
