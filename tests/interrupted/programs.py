"""The scripts of the program, and the parameters that the program gives them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pulumi

from components.assets import ENGINE_FUNCTIONS, read
from components.machines.cluster import Key
from components.machines.exoscale.hand_over import Contact, HandOver, hand_over
from components.machines.upgrade import SCRIPT as UPGRADE
from components.swarm import recovery, roll
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, run_program, start
from tests.support.ssh_keys import ALICE, BOB

COMPONENTS: Final = Path(__file__).parents[2] / "components"
SHEBANG: Final = "#!/usr/bin/env bash\n"

# Together they run every script with every argument that it knows, but for those of volumes that are handed over.
PROGRAMS: Final = (
    target(managers=1, workers=1),
    host(),
    exoscale(volumes={"nfs": {"block_storage": True, "size_gib": 20}}),
    changed(existing(), "machines.ssh.authorized_keys", [ALICE, BOB]),
    changed(target(), "machines.packages", ["tree"]),
    changed(target(), "machines.ssh.host_key_generation", 2),
    changed(target(), "machines.system_upgrade", "2026-12-01"),
    target(domain="example.org", traefik={"acme": {"email": "a@example.org"}}),
    changed(target(managers=3), "machines.virtual_ip", "10.77.0.9"),
)


def scripts() -> list[str]:
    """Paths of all scripts, below components/."""
    return sorted(str(path.relative_to(COMPONENTS)) for path in COMPONENTS.glob("**/scripts/*.sh"))


def verbs(path: str) -> set[str]:
    """Arguments that a script knows; an empty one if it takes none."""
    _, case, rest = (COMPONENTS / path).read_text(encoding="utf-8").partition('\ncase "$1" in\n')
    return set(re.findall(r"^  ([a-z]+)\)", rest, re.MULTILINE)) if case else {""}


def _engines() -> Iterator[FakePulumi]:
    for document in PROGRAMS:
        yield run_program(document, secrets=secrets_for(document)).engine
    engine = start(preview=False)
    one = Contact(name="manager-1", address="192.0.2.1", host_key="")
    args = HandOver(volume="nfs", source=one, api_manager=one, shared="/nfs-root", done=False)
    login = Key(private=pulumi.Output.from_input(""), public=pulumi.Output.from_input(""))
    build(lambda: hand_over(args, "root", login, frozenset(), pulumi.ResourceOptions()))
    yield engine


@cache
def _commands() -> dict[tuple[str, str], tuple[dict[str, str], str]]:
    """Parameters and text, with its libraries, of the first command, by name, that runs a script with an argument."""
    texts = {(COMPONENTS / path).read_text(encoding="utf-8"): path for path in scripts()}
    found: dict[tuple[str, str], tuple[dict[str, str], str]] = {}
    for engine in _engines():
        # The order of registrations differs from run to run.
        for name in sorted(name for name, kind in engine.types.items() if kind == "command:remote:Command"):
            header, _, rest = engine.script(name).partition(SHEBANG)
            path = next(path for ending, path in texts.items() if rest.endswith(ending.removeprefix(SHEBANG)))
            values = dict(word.split("=", 1) for word in shlex.split(header) if word != "export")
            for line in (engine.inputs(name).get(moment) for moment in ("create", "update", "delete")):
                if line:
                    verb = line.partition(" #")[0].partition("bash -s -- ")[2].strip()
                    found.setdefault((path, verb), (values, SHEBANG + rest))
    # Hooks of commands run these.
    header, _, rest = roll.script_for("manager-1").partition(SHEBANG)
    values = dict(word.split("=", 1) for word in shlex.split(header) if word != "export")
    found |= {(roll.SCRIPT, verb): (values, SHEBANG + rest) for verb in ("empty", "refill", "leave", "reach")}
    found |= {(UPGRADE, verb): found[UPGRADE, "run"] for verb in ("check", "recheck", "start")}
    # `make recover` runs this one.
    _, _, rest = recovery.script_for("10.0.0.1").partition(SHEBANG)
    found |= {(recovery.SCRIPT, verb): ({"ADDRESS": "10.0.0.1"}, SHEBANG + rest) for verb in ("look", "start", "leave")}
    return found


def known() -> set[tuple[str, str]]:
    """Every script with every argument that the programs give it."""
    return set(_commands())


def script(path: str, verb: str = "", **values: str) -> dict[str, object]:
    """What is sent to a machine: the program's own text, and its parameters but for those that are given.

    The functions by which scripts ask the engine change nothing on a machine: they go with the parameters, before the
    first command that a script is killed at.

    Errors: KeyError for a parameter that the script has not.
    """
    defaults, text = _commands()[path, verb]
    strange = set(values) - set(defaults)
    if strange:
        raise KeyError(f"{path} has no parameters {', '.join(sorted(strange))}")
    exports = [f"export {key}={shlex.quote(value)}\n" for key, value in (defaults | values).items()]
    functions = read(ENGINE_FUNCTIONS)
    if text.startswith(functions):
        exports, text = [*exports, functions], text.removeprefix(functions)
    return {"parameters": "".join(exports), "text": text, "arguments": [verb] if verb else []}
