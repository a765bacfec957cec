# SPDX-License-Identifier: GPL-2.0-only
"""The Lua dissector for Wireshark: generated from the layers, and put where Wireshark finds it.

`perc.lua` is the generated file. `python -m perc_scapy.wireshark.generate` writes it anew after a change of layers.
"""
