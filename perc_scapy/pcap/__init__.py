# SPDX-License-Identifier: GPL-2.0-only
"""Capture files in and out, and the way from a frame to the datagram or stream inside it.

`reader` `pcap_reader` `pcapng_reader`   open files; `frames` what is in them
`links` `ip` `fragments` `transport`     from a frame to a UDP datagram or TCP segment; `packets` all of it in one call
`streams`                                TCP segments to octets in order
`exported`                               PDUs without lower layers, to share what was decrypted
`tap` `pcapng` `headers` `private`       write datagrams with synthetic IP and UDP headers, mode 0600
`closing`                               what `with` closes at its end
"""
