# SPDX-License-Identifier: GPL-2.0-only
"""Captures with the SRTP layers taken off, and the media files inside them.

`layers`                what of a packet is written: as its sender made it, or as the MDD sees it
`rewrite` `capture`     the same frame with another UDP payload; a whole capture of them
`streams` `folder`      RTP streams by sender and hop, in order; one media file of each
`names`                 participants and addresses, fit for file names
"""
