"""components/swarm/scripts/roll.sh, `reach`: Traefik connects to all tasks that it serves before a roll goes on."""

import json
import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from components import assets
from tests.support.clock import CLOCK
from tests.support.crowd import crowd
from tests.support.ports import reserved_port

AWAY = "255.255.255.255"  # nobody can connect to it, on any computer
# Services with and without a port for Traefik, and tasks of theirs on its network and on another one.
DOCKER = r"""#!/usr/bin/env bash
set -euo pipefail
cd "$HERE"
case "$*" in
  "info --format {{.Swarm.ControlAvailable}}") cat manages ;;
  "ps --quiet --filter label=com.docker.swarm.service.name=traefik") cat container ;;
  "inspect c1 --format {{.State.Pid}}") echo 41 ;;
  "inspect c1 --format"*NetworkSettings*) printf 'public\nweb\n\n' ;;
  "service ls --quiet") printf 's1\ns2\ns3\n' ;;
  "service inspect s1 s2 s3"*) cat labels ;;
  "service ps "*" --quiet --no-trunc --filter desired-state=running") echo "$*" >services && echo t1 ;;
  "inspect --type task t1 "*) echo >>asked && cat addresses ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""
NSENTER = '#!/bin/bash\n[ "$1 $2 $3" = "--target 41 --net" ] || exit 1\nshift 3\nexec "$@"\n'
LABELS = """s1 shop_app "traefik.enable" "true"
s1 shop_app "traefik.http.services.app.loadbalancer.server.port" "{port}"
s1 shop_app "traefik.http.routers.app.rule" "PathPrefix(`/x y`)"
s2 db "com.docker.stack.namespace" "shop"
s3 files "traefik.tcp.services.files.loadbalancer.server.port" "{port}"

"""
REACH = assets.read("swarm/scripts/roll.sh").replace('case "$1" in', "case reach in").replace("/run/", "$HERE/")


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which a task listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def swarm(tmp_path: Path, port: int) -> Path:
    """The folder of a swarm whose Traefik reaches all tasks."""
    for name, text in (("docker", DOCKER), ("nsenter", NSENTER)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "manages").write_text("true\n")
    (tmp_path / "container").write_text("c1\n")
    (tmp_path / "labels").write_text(LABELS.format(port=port))
    (tmp_path / "addresses").write_text(
        "s1 public 127.0.0.1/24\ns1 other 255.255.255.255/24\n\ns2 web 255.255.255.255/24\n"
    )
    return tmp_path


def run(swarm: Path, patience_s: int, command: str = REACH) -> tuple[int, str]:
    scripts = [assets.read(f"swarm/scripts/{name}.sh") for name in ("nodes", "tasks")]
    done = subprocess.run(
        ["bash", "-c", "\n".join([CLOCK, *scripts, f"start_patience_s={patience_s}", command])],
        cwd=swarm,
        env={"PATH": f"{swarm}:{os.environ['PATH']}", "HERE": str(swarm)}
        | {"NODE": "manager-1", "NAME_LABEL": "nuvla-swarm.machine"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * crowd(),
    )
    return done.returncode, done.stderr


def test_tasks_that_traefik_does_not_serve_are_not_asked(swarm: Path) -> None:
    """Others, or the same ones on another network, are not its servers."""
    assert run(swarm, 0) == (0, "")
    assert (swarm / "services").read_text().startswith("service ps s1 s3 --quiet")


def away(swarm: Path) -> None:
    """Start a task that Traefik cannot connect to."""
    with (swarm / "addresses").open("a") as addresses:
        addresses.write(f"s3 web {AWAY}/24\n")


FAILED = (
    1,
    f"manager-1: its Traefik cannot connect to files {AWAY} for 1 s; run 'docker service update --force files' on a"
    " manager, and then 'make up', which goes on whether that has helped or not\n",
)


def test_task_that_traefik_cannot_connect_to_stops_the_roll(swarm: Path) -> None:
    away(swarm)
    assert run(swarm, 1) == FAILED
    assert len((swarm / "asked").read_text()) == 6, "it asks again, as tasks change meanwhile"


def test_service_that_has_stopped_an_update_stops_no_other_one(swarm: Path) -> None:
    """It may let nobody in, and the update may be what mends it. Another one does, and itself once it was reached."""
    away(swarm)
    assert run(swarm, 1) == FAILED
    assert run(swarm, 60) == (0, f"manager-1: its Traefik still cannot connect to files {AWAY}\n")
    addresses = (swarm / "addresses").read_text()
    (swarm / "addresses").write_text(f"{addresses}s1 web {AWAY}/24\n")
    assert run(swarm, 1)[0] == 1
    (swarm / "addresses").write_text("\n")
    assert run(swarm, 0) == (0, "")
    (swarm / "addresses").write_text(addresses)
    assert run(swarm, 1) == FAILED


def test_tasks_that_come_and_go_are_not_taken_for_one_that_stays_away(swarm: Path) -> None:
    """Each look finds another address of an application that ends again and again."""
    text = (swarm / "docker").read_text()
    (swarm / "docker").write_text(
        text.replace(
            "echo >>asked && cat addresses", 'echo >>asked && echo "s1 public 255.255.255.25$(wc -l <asked)/24"'
        )
    )
    assert run(swarm, 30) == (0, "")


@pytest.mark.parametrize(
    "question", ["info ", "ps --quiet ", "service ls ", "service inspect ", "service ps ", "inspect --type task "]
)
def test_silence_of_docker_is_no_success(swarm: Path, question: str) -> None:
    text = (swarm / "docker").read_text()
    silent = f'"{question}"*) echo none >&2 && exit 1 ;;\n  '
    (swarm / "docker").write_text(text.replace('case "$*" in\n  ', f'case "$*" in\n  {silent}'))
    code, words = run(swarm, 1, f"patience_s=1\n{REACH}")
    assert code == 1
    assert words.endswith("does not say which tasks there are; the lines above say why; run 'make up' again\n")


COMMANDS = ["80;touch${IFS}hacked", "$(touch${IFS}hacked)", "80>hacked"]
HOSTILE = [*COMMANDS, "80'", '80"', "abc", "0", "65536", "-1", "8 0", "", f"x\ns1 app {COMMANDS[1]} 80"]
PORT_LABEL = '"traefik.http.services.files.loadbalancer.server.port"'


@pytest.mark.parametrize("port", HOSTILE)
def test_label_that_is_no_port_is_no_command(swarm: Path, port: str) -> None:
    """Whoever deploys an application writes its labels, and the script is root's."""
    away(swarm)
    label = f"s3 files {PORT_LABEL} {json.dumps(port)}\n"  # as Go quotes it
    (swarm / "labels").write_text(label)
    assert run(swarm, 0) == (0, "")
    (swarm / "labels").write_text(f's3 files {PORT_LABEL} "8"\n{label}')
    assert run(swarm, 1) == FAILED
    assert not (swarm / "hacked").exists()


@pytest.mark.parametrize("words", COMMANDS)
def test_connection_runs_no_words_of_its_address(swarm: Path, words: str) -> None:
    """Also if what filters them is changed one day."""
    for given in ((words, "80"), ("127.0.0.1", words)):
        program = REACH.partition("case reach in")[0] + 'connects "$ONE" "$TWO" || true'
        run(swarm, 0, f"export ONE={shlex.quote(given[0])} TWO={shlex.quote(given[1])}\n{program}")
        assert not (swarm / "hacked").exists()


def test_task_that_refuses_connections_is_there(swarm: Path, port: int) -> None:
    """Whether the application works is its own matter."""
    with reserved_port() as refusing:
        labels = (swarm / "labels").read_text()
        (swarm / "labels").write_text(labels.replace(str(port), str(refusing)))
        assert run(swarm, 0) == (0, "")


@pytest.mark.parametrize(
    ("name", "text"), [("manages", "false\n"), ("container", ""), ("labels", "\n"), ("addresses", "\n")]
)
def test_nothing_is_asked_where_there_is_no_manager_no_traefik_or_no_task(swarm: Path, name: str, text: str) -> None:
    away(swarm)
    (swarm / name).write_text(text)
    assert run(swarm, 0) == (0, "")


def test_roll_goes_on_when_traefik_connects(swarm: Path) -> None:
    """The machines tell each other where addresses are: a second later, or a minute."""
    text = (swarm / "docker").read_text()
    late = text.replace("echo >>asked && cat addresses", 'echo >>asked && tail -n "+$(wc -l <asked)" late')
    (swarm / "docker").write_text(late)
    (swarm / "late").write_text(f"s1 public {AWAY}/24\n" * 3 + "s1 public 127.0.0.1/24\n")
    assert run(swarm, 30) == (0, "")
    assert len((swarm / "asked").read_text()) == 4
