"""The files that are shipped with components: as they are, with values, or as scripts."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import pulumi

COMPONENTS = Path(__file__).parent


def read(path: str) -> str:
    """Text of a file, by its path below components/."""
    return (COMPONENTS / path).read_text(encoding="utf-8")


def render(path: str, values: Mapping[str, str]) -> str:
    """Text of a file with its `$name`s replaced.

    Errors: KeyError for a name without a value, or a value without a name.
    """
    template = Template(read(path))
    unused = set(values) - set(template.get_identifiers())
    if unused:
        raise KeyError(f"{path} does not use {', '.join(sorted(unused))}")
    return template.substitute(values)


def render_known(path: str, values: Mapping[str, str]) -> str:
    """Return the text of a file with its `$name`s replaced by some of the values.

    Errors: KeyError for a name without a value.
    """
    used = Template(read(path)).get_identifiers()
    return render(path, {name: value for name, value in values.items() if name in used})


def render_script(
    path: str, values: Mapping[str, pulumi.Input[str]], *, libraries: Sequence[str] = ()
) -> pulumi.Output[str]:
    """A script with its parameters before it, as `export KEY=<quoted value>` lines, then the functions that it uses.

    For standard input, where neither a process list nor sshd's AcceptEnv stands in the way. Secret if a value is.
    """
    script = "".join(read(one) for one in (*libraries, path))

    def with_exports(known: Mapping[str, str]) -> str:
        exports = [f"export {key}={shlex.quote(value)}\n" for key, value in known.items()]
        return "".join(exports) + script

    return pulumi.Output.all(**values).apply(with_exports)
