# SPDX-License-Identifier: GPL-2.0-only
"""Why something of a capture did not open or did not come about.

A packet that fails is tried again under named hypotheses: each is a known way of doing one thing differently from the
documents. The one that authenticates is the cause; what a hypothesis cannot explain is told as what is missing.

`search`             options of several aspects, tried by how many of them deviate
`keys` `octets`      the options: which key, where the layers of a packet end
`trials`             one attempt to open one layer
`outer` `inner` `rtcp` `ekt` `tunnel` `handshake`   one subject each
`report`             everything that a capture needs explained, grouped by cause
"""
