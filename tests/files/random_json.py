"""Documents as an engine of Docker could answer them, and texts of them as JSON can be written."""

import json
from random import Random
from typing import Any

# What texts are made of: all that has a meaning in JSON, in rules of Traefik, or in patterns of Lua.
PIECES = [
    *'"\\/{}[]:,.%-+*?()^$`|&!@#<>= \n\t\r\b\f\0\x1f\x7f',
    "\u00e9",
    "\u2028",
    "\ufffd",
    "\U0001f433",
    "null",
    "Env",
]
WORDS = ["a", "app", "shop", "Env", "Labels", "traefik", "x" * 40, "1", "n"]
SPACES = [[""], ["", " "], ["", " ", "\n", "\n    ", "\t", "\r\n"]]


def text(random: Random) -> str:
    """Some text."""
    return "".join(random.choice([*PIECES, *WORDS]) for _ in range(random.randint(0, 8)))


def value(random: Random, depth: int = 3) -> Any:
    """Anything."""
    kinds = ["text", "text", "number", "constant", *(["list", "object"] if depth else [])]
    match random.choice(kinds):
        case "text":
            return text(random)
        case "number":
            return random.choice([0, -1, 7, 1e-3, 12.5, -2.5e10, 9223372036854774807, random.randint(0, 10**12)])
        case "constant":
            return random.choice([True, False, None])
        case "list":
            return [value(random, depth - 1) for _ in range(random.randint(0, 3))]
        case _:
            return {text(random): value(random, depth - 1) for _ in range(random.randint(0, 3))}


def several(random: Random, *, least: int = 0) -> dict[str, Any]:
    """Members of an object that nobody knows."""
    return {f"Other{number}{text(random)}": value(random) for number in range(random.randint(least, 3))}


class Writer:
    """Writes one document, with one style of white space and with as many escapes as it likes."""

    def __init__(self, random: Random):
        self._random, self._spaces = random, random.choice(SPACES)
        self._escapes = random.choice([0, 0.1, 0.9])

    def document(self, given: Any) -> str:
        """The text of a document."""
        return self._write(given).lstrip() + self._random.choice(["", "\n"])

    def _write(self, given: Any) -> str:
        if isinstance(given, str):
            return f'"{"".join(map(self._character, given))}"'
        if isinstance(given, list):
            return self._between("[", [self._spaced(self._write(one)) for one in given], "]")
        if isinstance(given, dict):
            members = [
                self._spaced(self._write(name)) + ":" + self._spaced(self._write(one)) for name, one in given.items()
            ]
            return self._between("{", members, "}")
        return json.dumps(given)

    def _between(self, begin: str, parts: list[str], end: str) -> str:
        return begin + (",".join(parts) or self._space()) + end

    def _spaced(self, written: str) -> str:
        return self._space() + written + self._space()

    def _space(self) -> str:
        return self._random.choice(self._spaces)

    def _character(self, character: str) -> str:
        if character == "\\":
            return "\\\\"
        if self._random.random() < self._escapes:
            if character == "/":
                return "\\/"
            units = character.encode("utf-16-be")
            return "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
        escaped = json.dumps(character, ensure_ascii=False)[1:-1]
        return escaped if character != "\x7f" else character
