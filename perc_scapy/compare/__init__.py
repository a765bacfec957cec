# SPDX-License-Identifier: GPL-2.0-only
"""Two captures of what should be the same conversation: aligned by what is said, compared field by field.

`talk`    a capture as lanes (a tunnel, an association, a stream) of items (a message, a packet) with their fields
`align`   the items of two lanes, put side by side
`fields`  where the fields of two items differ; code points with their names
`masks`   fields that differ from run to run by nature
`parting` what differs, and where the two part first
"""
