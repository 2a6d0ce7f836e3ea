"""A JSON text read piece by piece: each value is known with its place, and a broken one costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from twinlake.engine.wire import FileFault

# Jackson, which reads a record after us, follows a number no further.
LONGEST_NUMBER = 1000
_WHITE = re.compile(r"[ \t\n\r]*")
# A text ends on its line: JSON has no line break in one. A quote without its pair is passed over.
_TOKEN = re.compile(r'"(?:[^"\\\r\n]|\\.)*"|[\[\]{}]')


class JsonText:
    """Walks objects and arrays member by member; numbers are kept as they are written.

    `twice` and `odd` tell, until they are reset, of a key that stood twice and of numbers that are none or endless.
    A value is its Python object and the place after it. What is no JSON raises ValueError.
    """

    def __init__(self, text: str) -> None:
        self.text, self.twice, self.odd = text, False, False
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=self._number, parse_int=self._number,
            parse_constant=self._constant,
        )  # fmt: skip
        self._scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once  # type: ignore[attr-defined]

    @property
    def start(self) -> int:
        """The place of the text's one value."""
        return self.skip(0)

    def value(self, at: int) -> tuple[Any, int]:
        """The value at a place, and where it ends."""
        try:
            return self._scan(self.text, at)
        except StopIteration:
            raise self.expected("a value", at) from None

    def members(self, at: int, take: Callable[[str, int], int]) -> int:
        """Gives `take` the name and the place of each value of an object; it says where the value ends."""

        def member(at: int) -> int:
            name, at = scanstring(self.text, self.after('"', at), True)
            return take(name, self.skip(self.after(":", at)))

        return self._all("{", "}", at, member)

    def elements(self, at: int, take: Callable[[int], int]) -> int:
        """Gives `take` the place of each element of an array; it says where the element ends."""
        return self._all("[", "]", at, take)

    def _all(self, opening: str, closing: str, at: int, take: Callable[[int], int]) -> int:
        at = self.skip(self.after(opening, at))
        if self.text.startswith(closing, at):
            return at + 1
        while True:
            at = self.skip(take(self.skip(at)))
            if self.text.startswith(closing, at):
                return at + 1
            at = self.after(",", at)

    def after(self, token: str, at: int) -> int:
        """The place after a token that must come next."""
        at = self.skip(at)
        if not self.text.startswith(token, at):
            raise self.expected(repr(token), at)
        return at + len(token)

    def closed(self, at: int) -> None:
        """Nothing may follow."""
        if self.skip(at) != len(self.text):
            raise self.expected("the end", self.skip(at))

    def closing(self, at: int) -> int:
        """Where the brackets that open at a place are closed again, whatever stands between them."""
        depth = 0
        if not self.text.startswith(("{", "["), at):
            raise self.expected("a value", at)
        for token in _TOKEN.finditer(self.text, at):
            depth += (token[0] in "{[") - (token[0] in "}]")
            if depth == 0:
                return token.end()
        raise FileFault("not_json", "cut, or no JSON: brackets that are never closed; expected one whole FHIR Bundle")

    def is_object(self, at: int) -> bool:
        return self.text.startswith("{", at)

    def skip(self, at: int) -> int:
        found = _WHITE.match(self.text, at)
        assert found is not None
        return found.end()

    def expected(self, what: str, at: int) -> json.JSONDecodeError:
        return json.JSONDecodeError(f"expected {what}", self.text, at)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.twice = self.twice or len(made) < len(pairs)
        return made

    def _number(self, text: str) -> str:
        self.odd = self.odd or len(text) > LONGEST_NUMBER
        return text

    def _constant(self, text: str) -> str:
        self.odd = True
        return text
