# SPDX-License-Identifier: GPL-2.0-only
"""The secrets of a capture: listed by safe names, added, taken out, stripped, and what names people replaced.

`blocks` `secrets`   pcapng files block by block, and their Decryption Secrets Blocks
`listing` `share`    what opens what; decrypted messages without keys
`anonymous`          addresses, names and certificates replaced, octet counts kept
"""
