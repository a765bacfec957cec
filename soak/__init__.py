# SPDX-License-Identifier: GPL-2.0-only
"""Mutated packets and mutated capture files through everything that reads captures: no exception, no hang, flat memory.

`seeds`    conversations of captures/ with their secrets
`mutate`   what is done to octets
`reseal`   mutated plaintext under the right keys: what authentication would stop gets through
`stages`   every reader of the project
`watch`    one second of processor time a step, resident memory, counts
"""
