# SPDX-License-Identifier: GPL-2.0-only
"""A capture without what names people or machines; packets keep their length, and what was encrypted stays.

`pseudonyms` `addresses`                  what stands in the place of what, the same for the same
`der` `handshake` `stun` `rtcp`           one format each
`datagrams` `dtls` `tls` `transport`      where they are in packets
`frames` `exported_pdus` `capture`        link layers, PDUs without any, and the file around them
"""
