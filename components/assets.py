"""The files of components, as plain text, as templates with values, or as scripts with parameters."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import pulumi

COMPONENTS = Path(__file__).parent
ENGINE_FUNCTIONS = "engine/scripts/answers.sh"  # for scripts that ask the engine
ASKS_ENGINE = re.compile(r"\bdocker [a-z\"$]")  # also in words, which does no harm


def read(path: str) -> str:
    """Return the text of a file, by its path below components/."""
    return (COMPONENTS / path).read_text(encoding="utf-8")


def render(path: str, values: Mapping[str, str]) -> str:
    """Return the text of a file with its `$name`s replaced by values.

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
    """Return a script behind its parameters, as `export KEY=<quoted value>` lines, and behind its libraries.

    The first library of a script that asks the Docker engine is the one by which it does not wait for ever.
    The text is for standard input: arguments would show in process lists, and sshd filters variables (AcceptEnv). The
    text is a secret if a value is one.
    """
    return pulumi.Output.all(**values).apply(lambda known: script_text(path, known, libraries=libraries))


def script_text(path: str, values: Mapping[str, str], *, libraries: Sequence[str] = ()) -> str:
    """Return what `render_script` does, of values that are known."""
    exports = [f"export {key}={shlex.quote(value)}\n" for key, value in values.items()]
    text = "".join(read(file) for file in (*libraries, path))
    return "".join([*exports, read(ENGINE_FUNCTIONS) if ASKS_ENGINE.search(text) else "", text])
