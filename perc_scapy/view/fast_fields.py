# SPDX-License-Identifier: GPL-2.0-only
"""Fields of well-formed octets as plain values, without Scapy: from the records of the strict decoder.

The objects are those of `FieldReader`, key for key and in the same order. One function for each layer is generated
from the layer's definition, because a tree of every packet of a large capture is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from perc_scapy.codes import HandshakeType
from perc_scapy.errors import DecodeError
from perc_scapy.layers.compile import decode
from perc_scapy.layers.compile.source import Source
from perc_scapy.layers.dtls.key_exchange import ExactForm
from perc_scapy.layers.fields import Counted, Items, Octets, Select, WireField
from perc_scapy.layers.fields.core import hidden
from perc_scapy.layers.layout import layout_of

Tree = dict[str, Any]
SHORT, KEPT = 4, 1024
"""Octets of carried values whose text is kept, and how many are."""


def tree_of(layer: Any, data: bytes, *, secrets: bool = False) -> Tree:
    """`FieldReader().packet(layer(data))` for octets that are well-formed through and through, what they carry
    included; `DecodeError` for all others."""
    return emitters(secrets).emit(decode(layer, data))


def json_of(layer: Any, data: bytes, *, secrets: bool = False) -> str:
    """`json.dumps(tree_of(layer, data))`, written at once; `DecodeError` as there."""
    return texts(secrets).emit(decode(layer, data))


class Emitters(dict[Any, Callable[[Any], Tree]]):
    """Record class -> function that makes its tree; filled when a class is met first."""

    def __init__(self, secrets: bool) -> None:
        super().__init__()
        self._secrets = secrets

    def __missing__(self, kind: Any) -> Callable[[Any], Tree]:
        self[kind] = made = _Writer(kind.layer, self, self._secrets).build()
        return made

    def emit(self, record: Any) -> Tree:
        return self[type(record)](record)

    def carried(self, content: Any) -> Callable[[bytes], Any]:
        """The function for octets that a layer or several possible ones explain."""
        if isinstance(content, ExactForm):
            return lambda data: self._first_form(content.forms, data)
        return lambda data: self.emit(decode(content, data)) if data else ""

    def _first_form(self, forms: tuple[type, ...], data: bytes) -> Any:
        for form in forms if data else ():
            try:
                return self.emit(decode(form, data))
            except DecodeError:
                continue
        return data.hex()

    def body(self, value: Any) -> Any:
        """A body that a selector chose: a record, or octets."""
        return value.hex() if isinstance(value, bytes) else self[type(value)](value)


@cache
def emitters(secrets: bool) -> Emitters:
    """The functions that show key octets, or those that do not."""
    return Emitters(secrets)


class _Writer:
    """Writes the function of one layer: a dictionary display, and a condition for each part that may be missing."""

    def __init__(self, cls: Any, emitters: Emitters, secrets: bool) -> None:
        self.cls, self.emitters, self.secrets = cls, emitters, secrets
        self.layout = layout_of(cls)
        self.source = Source("emit(r)", f"tree of {cls.__name__}")

    def build(self) -> Callable[[Any], Tree]:
        shown, behind = [f"'layer': {self.cls.__name__!r}"], []
        for declared in self.cls.fields_desc:
            field: WireField = getattr(declared, "fld", declared)
            name, value = field.name, self._value(field)
            if declared is not field:
                behind.append(f"if r.{name} is not None: tree[{name!r}] = {value}")
            elif behind:
                behind.append(f"tree[{name!r}] = {value}")
            else:
                shown.append(f"{name!r}: {value}")
        self.source.add(f"tree = {{{', '.join(shown)}}}")
        for line in [*behind, "return tree"]:
            self.source.add(line)
        return self.source.build("emit")

    def _value(self, field: WireField) -> str:
        """The expression of a field's value."""
        value = f"r.{field.name}"
        if isinstance(field, Octets):
            return self._octets(field, value)
        if isinstance(field, Select):
            return self._body(value)
        if isinstance(field, Items):
            return self._items(field, value)
        target = self.layout.counted.get(field.name) if field.name in self.layout.derived else None
        return f"len(r.{target.name})" if isinstance(target, Counted) else value

    def _octets(self, field: Octets, value: str) -> str:
        if field.secret and not self.secrets:
            return f"{self.source.bind(hidden, 'hidden')}({value})"
        content = field.layer()
        if content is None:
            return f"{value}.hex()"
        return f"{self.source.bind(self.emitters.carried(content), 'carried')}({value})"

    def _body(self, value: str) -> str:
        """A fragment of an ekt_key message is octets to its layer, but key octets all the same."""
        body = f"{self.source.bind(self.emitters.body, 'body')}({value})"
        if self.secrets or "msg_type" not in self.layout.fields:
            return body
        piece = f"r.msg_type == {int(HandshakeType.EKT_KEY)} and type({value}) is bytes"
        return f"{self.source.bind(hidden, 'hidden')}({value}) if {piece} else {body}"

    def _items(self, field: Items, value: str) -> str:
        if isinstance(field.item, type):
            return f"[{self.source.bind(self.emitters.emit, 'emit')}(v) for v in {value}]"
        if isinstance(field.item, Octets):
            return f"[v.hex() for v in {value}]"
        return f"list({value})"


class Texts(dict[Any, Callable[[Any], str]]):
    """Record class -> function that writes its JSON; filled when a class is met first."""

    def __init__(self, secrets: bool) -> None:
        super().__init__()
        self._secrets = secrets

    def __missing__(self, kind: Any) -> Callable[[Any], str]:
        self[kind] = made = _TextWriter(kind.layer, self, self._secrets).build()
        return made

    def emit(self, record: Any) -> str:
        return self[type(record)](record)

    def carried(self, content: Any) -> Callable[[bytes], str]:
        """The function for octets that a layer or several possible ones explain."""
        if isinstance(content, ExactForm):
            return lambda data: self._first_form(content.forms, data)
        return self._explained(content)

    def _explained(self, content: Any) -> Callable[[bytes], str]:
        """Short EKT fields and unchanged OHBs are behind nearly every packet: their text is kept."""
        known: dict[bytes, str] = {b"": '""'}

        def explained(data: bytes) -> str:
            text = known.get(data)
            if text is None:
                text = self.emit(decode(content, data))
                if len(data) <= SHORT and len(known) < KEPT:
                    known[data] = text
            return text

        return explained

    def _first_form(self, forms: tuple[type, ...], data: bytes) -> str:
        for form in forms if data else ():
            try:
                return self.emit(decode(form, data))
            except DecodeError:
                continue
        return f'"{data.hex()}"'

    def body(self, value: Any) -> str:
        """A body that a selector chose: a record, or octets."""
        return f'"{value.hex()}"' if isinstance(value, bytes) else self[type(value)](value)


@cache
def texts(secrets: bool) -> Texts:
    """The functions that show key octets, or those that do not."""
    return Texts(secrets)


class _TextWriter:
    """Writes the function of one layer: a format string, and a condition for each part that may be missing.

    Nothing needs escaping: names come from the layers, values are numbers and hex.
    """

    def __init__(self, cls: Any, texts: Texts, secrets: bool) -> None:
        self.cls, self.texts, self.secrets = cls, texts, secrets
        self.layout = layout_of(cls)
        self.source = Source("emit(r)", f"JSON of {cls.__name__}")

    def build(self) -> Callable[[Any], str]:
        pieces = [f'{{{{"layer": "{self.cls.__name__}"']
        for declared in self.cls.fields_desc:
            field: WireField = getattr(declared, "fld", declared)
            plain = isinstance(field, Octets) and not field.secret and field.layer() is None
            value = f'"{{r.{field.name}.hex()}}"' if plain else f"{{{self._value(field)}}}"
            piece = f', "{field.name}": {value}'
            if declared is not field:
                name = f"part_{field.name}"
                self.source.add(f"{name} = f{piece!r} if r.{field.name} is not None else ''")
                piece = f"{{{name}}}"
            pieces.append(piece)
        self.source.add(f"return f{''.join(pieces) + '}}'!r}")
        return self.source.build("emit")

    def _call(self, function: Any, hint: str, value: str) -> str:
        return f"{self.source.bind(function, hint)}({value})"

    def _value(self, field: WireField) -> str:
        """The expression that gives a value's JSON. Without quotes in it: it stands inside a format string."""
        value = f"r.{field.name}"
        if isinstance(field, Octets):
            if field.secret and not self.secrets:
                return self._call(_quoted_hidden, "hidden", value)
            content = field.layer()
            if content is None:
                return self._call(_quoted, "quoted", value)
            return self._call(self.texts.carried(content), "carried", value)
        if isinstance(field, Select):
            return self._body(value)
        if isinstance(field, Items):
            return self._call(self._items(field), "items", value)
        target = self.layout.counted.get(field.name) if field.name in self.layout.derived else None
        return f"len(r.{target.name})" if isinstance(target, Counted) else value

    def _body(self, value: str) -> str:
        body = self._call(self.texts.body, "body", value)
        if self.secrets or "msg_type" not in self.layout.fields:
            return body
        piece = f"r.msg_type == {int(HandshakeType.EKT_KEY)} and type({value}) is bytes"
        return f"{self._call(_quoted_hidden, 'hidden', value)} if {piece} else {body}"

    def _items(self, field: Items) -> Callable[[Any], str]:
        if isinstance(field.item, type):
            emit = self.texts.emit
            return lambda values: f"[{', '.join(map(emit, values))}]"
        if isinstance(field.item, Octets):
            return lambda values: f"[{', '.join(map(_quoted, values))}]"
        return lambda values: f"[{', '.join(map(str, values))}]" if values else "[]"


def _quoted(value: bytes) -> str:
    return f'"{value.hex()}"'


def _quoted_hidden(value: bytes) -> str:
    return f'"{hidden(value)}"'
