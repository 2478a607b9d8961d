"""Every script: sound and strict; those that run on machines: used, and given exactly what they ask for."""

import re
from pathlib import Path

import pytest

from components.swarm import recovery, roll
from tests.files.shipped import COMPONENTS, says, shipped, title
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program, run_program
from tests.support.rows import rows
from tests.support.ssh_keys import ALICE

SCRIPTS = [path for path in shipped(".sh") if path.parent.name == "scripts"]  # of machines
# On machines, after the script that put them there.
LYING = [
    path for path in shipped(".sh") if path.name in ("guard.sh", "keepalived.sh", "note_state.sh", "sole_manager.sh")
]
OF_SERVICES = [path for path in shipped(".sh") if path.parent.name == "files" and path not in LYING]
OF_HEALTH = [path for path in OF_SERVICES if path.stem.endswith("health")]

# Programs with what not every infrastructure has.
OTHERS = [
    host(),
    exoscale(),
    changed(existing(), "machines.ssh.authorized_keys", [ALICE]),
    changed(target(), "machines.packages", ["tree"]),
    changed(target(), "machines.ssh.host_key_generation", 2),
    changed(target(), "machines.system_upgrade", "2026-12-01"),
    target(domain="example.org", traefik={"acme": {"email": "a@example.org"}}),
    changed(target(managers=3), "machines.virtual_ip", "10.77.0.9"),
]


@pytest.fixture(scope="module")
def program() -> Program:
    return run_program(target(managers=1, workers=1))


@rows("script", SCRIPTS, ids=title)
def test_machine_scripts_are_valid_bash(script: Path) -> None:
    assert says("bash", "-n", script) == ""


@pytest.mark.tools("shellcheck")
def test_shellcheck_accepts_every_script() -> None:
    assert says("shellcheck", *SCRIPTS, *OF_SERVICES, *LYING) == ""


@rows("script", SCRIPTS, ids=title)
def test_machine_scripts_stop_at_the_first_error(script: Path) -> None:
    first, *others = script.read_text(encoding="utf-8").splitlines()
    assert first == "#!/usr/bin/env bash"
    code = [line for line in others if line and not line.startswith("#")]
    assert code[0] == "set -euo pipefail"


@rows("script", LYING, ids=title)
def test_installed_scripts_stop_at_the_first_error(script: Path) -> None:
    """Its first line is not that of the scripts which are sent, by which these are found behind their parameters."""
    first, *others = script.read_text(encoding="utf-8").splitlines()
    assert first == "#!/bin/bash"
    assert next(line for line in others if line and not line.startswith("#")) == "set -euo pipefail"


@rows("script", [*SCRIPTS, *LYING], ids=title)
def test_machine_scripts_state_their_purpose(script: Path) -> None:
    assert re.match(r"# [A-Z].{15,}", script.read_text(encoding="utf-8").splitlines()[1])


@rows("script", OF_SERVICES, ids=title)
def test_service_scripts_are_strict_posix_shell(script: Path) -> None:
    first, purpose, *others = script.read_text(encoding="utf-8").splitlines()
    assert first == "#!/bin/sh"
    assert re.match(r"# [A-Z].{15,}", purpose)
    code = [line for line in others if line and not line.startswith("#")]
    assert code[0] == "set -eu"
    assert code[-1].startswith("exec ") or script in OF_HEALTH, "signals would not reach the service"
    assert says("sh", "-n", script) == ""


def test_every_script_belongs_to_a_machine_or_a_service() -> None:
    others = set(COMPONENTS.rglob("*.sh")) - {*SCRIPTS, *OF_SERVICES, *LYING}
    assert others == set(), "move them to scripts/ (a machine runs them) or files/ (a service does) of their component"


def moved() -> FakePulumi:
    """Block storage goes from one machine to another."""
    before = exoscale(volumes={"nfs": {"block_storage": True}})
    state = run_program(before, secrets=secrets_for(before)).engine.state_after()
    return run_program(before | {"nfs": {"machine": "worker-1"}}, secrets=secrets_for(before), state=state).engine


def test_every_machine_script_is_sent_by_some_program(program: Program) -> None:
    engines = [program.engine, *(run_program(one, secrets=secrets_for(one)).engine for one in OTHERS), moved()]
    sent = [str(engine.inputs(name).get("stdin", "")) for engine in engines for name in engine.given]
    sent.append(roll.script_for("worker-1"))  # by hooks
    sent.append(recovery.script_for("10.0.0.1"))  # by `make recover`
    unused = [title(path) for path in SCRIPTS if not any(path.read_text(encoding="utf-8") in text for text in sent)]
    assert unused == [], "add a configuration that needs the script to OTHERS of this module, or remove the script"


def test_commands_get_exactly_the_parameters_of_their_script(program: Program) -> None:
    engine = program.engine
    for name, kind in engine.types.items():
        if kind == "command:remote:Command":
            asked = re.findall(r'"\$\{([A-Z_]+):?\?\}"', engine.script(name))
            assert asked, name
            assert sorted(engine.parameters(name)) == sorted(asked), name


def test_commands_use_verbs_their_script_knows(program: Program) -> None:
    engine = program.engine
    for name, kind in engine.types.items():
        if kind == "command:remote:Command":
            lines = [engine.inputs(name)["create"], engine.inputs(name).get("delete", "")]
            verbs = [verb for line in lines for verb in re.findall(r"-- ([a-z]+)", line)]
            known = re.findall(r"^  ([a-z]+)\)", engine.script(name).partition('case "$1" in')[2], re.MULTILINE)
            assert set(verbs) <= set(known), name


@rows("secret", ["INVITATION", "TLS_KEY"])
def test_secrets_are_not_passed_as_program_arguments(secret: str) -> None:
    """Only bash's own `printf` and redirections see it; arguments of programs stand in the process list."""
    lines = [line.strip() for script in SCRIPTS for line in script.read_text().splitlines()]
    uses = [line for line in lines if re.search(rf"\${{?{secret}\b", line)]
    assert uses
    # `has` and `write` are functions of configure.sh.
    builtin = re.compile(
        r': |printf [^|]*\|$|"\$ADDRESS".*\|$|if \[ -[nz] |\[\[ |\w+="[^|]*sha256sum <<<|'
        rf"(?!.*{secret}.*<<<)(if )?(cmp|has|write) [^|]*<<<"
    )
    assert [line for line in uses if not builtin.match(line)] == []
