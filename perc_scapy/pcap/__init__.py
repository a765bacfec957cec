# SPDX-License-Identifier: GPL-2.0-only
"""Capture files: pcap and pcapng with their secrets, and the way from a frame to the datagram inside it.

`reader` `pcap_reader` `pcapng_reader`   open files; `frames` what is in them
`links` `packets`                        from a frame to a UDP datagram with its addresses
`tap` `pcapng` `headers` `private`       write datagrams with synthetic IP and UDP headers, mode 0600
"""
