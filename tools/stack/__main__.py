"""Command of operators on a stack: `python -m tools.stack VERB STACK [OPTIONS]`. The verbs are those of `make`.

`list [remote]` prints the stacks that have a file, as JSON; `provider STACK` prints the provider of its machines.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from tools.console import PREFIX, fail
from tools.stack import salt, settings_file


def main(arguments: Sequence[str]) -> None:
    """Run a verb."""
    verb, *rest = arguments or [""]
    if verb not in (*OPENED, *OTHERS):
        fail(f"{verb!r} given; allowed: {', '.join((*OPENED, *OTHERS))}")
    if verb != "list" and not "".join(rest[:1]):
        fail(f"STACK is empty; stacks are {', '.join(settings_file.names()) or 'none'}: make {verb} STACK=<stack>")
    if verb in OTHERS:
        OTHERS[verb](*rest)
        return
    from tools.stack.target import open_target  # noqa: PLC0415 - `provider` and `list` need no package

    module, function = OPENED[verb]
    file = settings_file.find(rest[0])
    try:
        target = open_target(rest[0])  # prints the first line, before the packages of the verb are loaded
        getattr(import_module(module), function)(target, *rest[1:])
    finally:
        salt.forget(file.path)


def _list(which: str = "") -> None:
    if which not in ("", "remote"):
        fail(f"{which!r} given; allowed: remote, or nothing for all stacks")
    found = []
    for name in settings_file.names():
        if not settings_file.NAME.fullmatch(name):
            fail(f"Pulumi.{name}.yaml given; allowed: Pulumi.<stack>.yaml with letters, digits, '.', '_' and '-'")
        if not which or settings_file.find(name).is_remote:
            found.append(name)
    print(json.dumps(found))


def _provider(stack: str) -> None:
    print(settings_file.find(stack).provider or "")


OPENED = {  # verbs on a stack whose backend is known: module and function
    "up": ("tools.stack.update", "up"),
    "preview": ("tools.stack.update", "preview"),
    "refresh": ("tools.stack.update", "refresh"),
    "recover": ("tools.stack.recovery", "recover"),
    "status": ("tools.status", "check"),
    "down": ("tools.stack.removal", "down"),
    "template": ("tools.exoscale_template", "write"),
    "nuvla": ("tools.nuvla", "show"),
}
OTHERS: dict[str, Callable[..., None]] = {"list": _list, "provider": _provider}


if __name__ == "__main__":
    os.umask(0o077)  # the state is for nobody else
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        print(f"\n{PREFIX}stopped", file=sys.stderr)
        sys.exit(130)
