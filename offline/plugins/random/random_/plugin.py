"""``random``: passwords and strings that live in the state alone.

Sources: terraform-provider-random ``internal/provider`` and ``internal/random``, as pulumi-random bridges it.
"""

from pathlib import Path
from typing import Final

from random_.declared import CLASSES, DEFAULTS, MINIMA, RANDOM_PASSWORD, RANDOM_STRING
from standin.check import Failure
from standin.diff import Change, changes
from standin.provider import Provider, version_of
from standin.resource import Call, Resource, State
from standin.values import UNKNOWN, Values, has_unknown, plain


class _Drawn(Resource):
    """Base of both types: every change replaces the resource, and defaults are outputs, not inputs."""

    def planned(self, new: Values) -> Values:
        """The inputs with the defaults that the state will have; ``number`` is the old name of ``numeric``."""
        numeric = new.get("numeric", new.get("number", True))
        return DEFAULTS | {"number": numeric, "numeric": numeric} | new

    def problems(self, inputs: Values) -> list[Failure]:
        given = plain(self.planned(inputs))
        if has_unknown([given[name] for name in ("length", "number", *CLASSES, *MINIMA)]):
            return []  # the engine asks again when all is known
        if given["number"] != given["numeric"]:
            return [Failure("number", "number and numeric differ: use numeric alone")]
        least = sum(given[name] for name in MINIMA)
        if given["length"] < least:
            return [Failure("length", f"must be at least {least}, the sum of {', '.join(MINIMA)}")]
        if not any(given[name] for name in CLASSES):
            return [Failure("numeric", f"one of {', '.join(CLASSES)} must be true")]
        return []

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        """Compared with the state, as bridged plugins do: leaving out a default is no change."""
        state = {name: value for name, value in plain(old.outputs).items() if name in self.schema.inputs}
        found = changes(state, plain(self.planned(new)), ignored)
        return [Change(change.path, change.kind, replaces=True) for change in found]

    def preview_create(self, inputs: Values) -> Values:
        return dict.fromkeys(self.schema.computed, UNKNOWN) | self.planned(inputs)


class RandomPassword(_Drawn):
    """A secret string and its hash."""

    schema = RANDOM_PASSWORD

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from random_ import characters

        planned = self.planned(inputs)
        result = characters.drawn(plain(planned))
        return "none", planned | {"id": "none", "result": result, "bcryptHash": characters.hashed(result)}


class RandomString(_Drawn):
    """A string that may be seen: it is its own id."""

    schema = RANDOM_STRING

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        from random_ import characters

        planned = self.planned(inputs)
        result = characters.drawn(plain(planned))
        return result, planned | {"id": result, "result": result}


PROVIDER: Final = Provider(
    name="random",
    version=version_of(Path(__file__).resolve().parents[1]),
    resources=(RandomPassword(), RandomString()),
)
