# SPDX-License-Identifier: GPL-2.0-only
"""The look of all HTML: no scripts, no colours of its own that a dark page would swallow, nothing fetched."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

MARKS = 400
"""Rows of one packet that can be marked; further ones are shown without."""
BASE = """
.perc{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:inherit;max-width:100%}
.perc table{border-collapse:collapse;margin:.3em 0}
.perc th,.perc td{padding:.15em .7em .15em 0;text-align:left;vertical-align:top;border:0;background:none;
white-space:pre-wrap}
.perc thead th{border-bottom:1px solid rgba(128,128,128,.6);font-weight:600}
.perc tbody tr:hover{background:rgba(128,128,128,.15)}
.perc .num{text-align:right}.perc .dim{opacity:.65}
.perc .good::before{content:"✓ "}.perc .bad::before{content:"✗ "}.perc .bad{font-weight:700}
.perc .note,.perc .warning,.perc .error{border-left:.3em solid rgba(128,128,128,.7);padding-left:.5em;margin:.2em 0}
.perc .warning{border-color:#d08700}.perc .error{border-color:#d0342c}
.perc summary{cursor:pointer;font-weight:600}
"""
PACKET = """
.perc-packet{display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start}
.perc-tree,.perc-hex{max-height:34em;overflow:auto}.perc-tree{flex:1 1 24em}
.perc-tree .row{white-space:pre-wrap;overflow-wrap:anywhere;border-radius:3px;outline:0}
.perc-tree .at{display:inline-block;min-width:7ch;text-align:right;opacity:.6;margin-right:1ch}
.perc-hex pre{margin:0 0 .8em;background:none;color:inherit;border:0;padding:0;font:inherit}
.perc-hex h5{margin:0;font:inherit;font-weight:600}.perc-hex span{border-radius:2px}
.perc-tree .row:hover,.perc-tree .row:focus{background:rgba(255,170,0,.3)}
"""


@cache
def _marking() -> str:
    """Pointing at a row marks its octets, pointing at an octet marks the row that it is read by: `:has` is enough."""
    octets = ",".join(f".perc-packet:has(.r{n}:is(:hover,:focus)) .b{n}" for n in range(MARKS))
    rows = ",".join(f".perc-packet:has(.l{n}:hover) .r{n}" for n in range(MARKS))
    return f"{octets}{{background:rgba(255,170,0,.5)}}{rows}{{background:rgba(255,170,0,.3)}}"


def styled(body: str, *, packet: bool = False) -> str:
    """A fragment with its style: each output of a notebook stands alone."""
    style = BASE + (PACKET + _marking() if packet else "")
    return f'<div class="perc"><style>{style}</style>{body}</div>'


def text(value: Any) -> str:
    """Anything as text of a page. What has no shape of its own (controls, directions) becomes a replacement."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(value))
    return escape(shown, quote=True)


def page(title: str, *bodies: str) -> str:
    """A whole document of fragments. It may load nothing and run nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="color-scheme" content="light dark"></head><body>'
        f"{''.join(bodies)}</body></html>\n"
    )
