# SPDX-License-Identifier: GPL-2.0-only
"""Captures: writing and reading files, key logs, offline decryption of both layers, and what flows they show.

`tap` `pcapng` `headers`      write datagrams with synthetic IP and UDP headers, mode 0600
`reader` `pcapng_reader` `pcap_reader` `links`   read captures of ours and others
`keylog` `dtls_sessions` `tunnels` `media`       decrypt from capture and key log alone
`flows` `steps` `analysis`    what the conversation means
"""
