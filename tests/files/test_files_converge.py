"""components/service/scripts/converge.sh: when a service is taken for well."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from components import assets
from tests.support.clock import CLOCK
from tests.support.crowd import crowd
from tests.support.rows import rows

[JUDGE] = re.findall(r"^judge\(\) \{.*?^\}", assets.read("service/scripts/converge.sh"), re.MULTILINE | re.DOTALL)
RUNS = "T\tid\t1\trunning\trunning\t\tNEW\t2026-01-02 03:04:06\t"
BEGAN = "2026-01-02 03:04:05"  # the wait


def verdict(
    update: str,
    *tasks: str,
    wanted: int = 1,
    constraints: str = "",
    mode: str = "global",
    nodes: Sequence[str] = (),
    waited_s: int = 60,
) -> str:
    """What is said of the service `web`, described as NEW, whose update is in a state, with its tasks."""
    lines = [*nodes, f"S\tweb\t{update}\tid\t{constraints}\tNEW\t{mode}", f"R\tweb\t{wanted}", *tasks]
    told = subprocess.run(
        ["bash", "-c", f"{CLOCK}tries=3 replace_s=3 began='{BEGAN}' SECONDS={waited_s}\n{JUDGE}\njudge"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    name, _healthy, _wanted, found = told.stdout.split()
    assert name == "web"
    return found


@rows("update", ["", "completed"])
def test_service_with_all_its_tasks_is_converged(update: str) -> None:
    assert verdict(update, RUNS) == "well"
    assert verdict(update, RUNS, wanted=2) == "waits"


def test_service_that_is_updating_is_not_converged() -> None:
    assert verdict("updating", RUNS) == "waits"


@rows("update", ["paused", "rollback_started", "rollback_completed", "rollback_paused"])
def test_paused_and_rolled_back_updates_are_reported(update: str) -> None:
    assert verdict(update, RUNS) == update


def test_tasks_of_an_older_spec_do_not_count() -> None:
    assert verdict("", RUNS.replace("NEW", "OLD")) == "waits"


def test_task_that_stays_where_new_constraints_allow_it_counts_once_swarm_has_replaced_the_others() -> None:
    """Swarm leaves a task as it is if constraints alone have changed, and its machine meets them."""
    constraints = '["node.role==manager"]'
    older = f'{RUNS}["node.id==abc","node.role==manager"]'
    assert verdict("", older, constraints=constraints, mode="", waited_s=2) == "waits"
    assert verdict("", older, constraints=constraints, mode="", waited_s=3) == "well"
    assert verdict("updating", older, constraints=constraints, mode="", waited_s=3) == "waits"
    assert verdict("", RUNS + constraints, constraints=constraints, mode="", waited_s=0) == "well"


FAILED = "T\tid\t1\tshutdown\tfailed\tno such file\tNEW\t{}"


def test_failures_before_the_wait_do_not_count() -> None:
    """A restart of its machine ends a task, too, which Swarm remembers as failed."""
    earlier = FAILED.format("2026-01-02 03:04:04.9 +0000 UTC")
    assert verdict("", earlier, earlier, earlier) == "waits"


def test_repeatedly_failing_task_is_hopeless() -> None:
    failed = FAILED.format("2026-01-02 03:04:05.1 +0000 UTC")
    assert verdict("updating", failed, failed) == "waits"
    assert verdict("updating", failed, failed, failed) == "hopeless"
    assert verdict("updating", failed, failed, failed, RUNS) == "waits"


MANAGER = "N\tready\tactive\tmanager"
WORKER = "N\tready\tactive\tworker"


@rows(
    "constraints, nodes, told",
    [
        ('["node.platform.os==linux"]', [MANAGER, WORKER], "waits"),
        ('["node.platform.os==linux"]', [WORKER], "well"),
        ('["node.role==worker"]', [WORKER, WORKER], "waits"),
        ('["node.role==worker"]', [WORKER, MANAGER], "well"),
        ('["node.role==manager"]', [MANAGER, MANAGER], "waits"),
        ('["node.role==manager"]', [MANAGER, WORKER], "well"),
        ('["node.labels.disk==ssd"]', [MANAGER, WORKER], "well"),
        ("", [MANAGER, WORKER], "well"),
    ],
)
def test_global_service_waits_for_a_task_on_each_matching_node(
    constraints: str, nodes: Sequence[str], told: str
) -> None:
    assert verdict("", RUNS, constraints=constraints, nodes=nodes) == told


def test_global_service_without_a_matching_node_is_converged() -> None:
    """All workers may be lost."""
    assert verdict("", wanted=0, constraints='["node.role==worker"]', nodes=[MANAGER]) == "well"
    assert verdict("", wanted=0, constraints='["node.role==worker"]', nodes=[WORKER]) == "waits"
    assert verdict("", wanted=0, constraints='["node.labels.disk==ssd"]', nodes=[MANAGER]) == "waits", "not yet made"
    assert verdict("", wanted=0, nodes=[MANAGER]) == "waits"


@rows("state", ["down\tactive", "unknown\tactive", "ready\tdrain", "ready\tpause"])
def test_nodes_that_accept_no_tasks_need_none(state: str) -> None:
    nodes = [WORKER, f"N\t{state}\tworker"]
    assert verdict("", RUNS, constraints='["node.role==worker"]', nodes=nodes) == "well"


def waited(folder: Path, docker: str, services: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with a stand-in for docker, which is a script itself."""
    command = folder / "docker"
    command.write_text(docker)
    command.chmod(0o755)
    return subprocess.run(
        ["bash", "-s"],
        input=CLOCK + script,
        env={"PATH": f"{folder}:/usr/bin:/bin", "SERVICES": services},
        capture_output=True,
        text=True,
        check=False,
        timeout=30 * crowd(),
    )


def test_removed_service_fails_the_wait_in_one_line(tmp_path: Path) -> None:
    docker = """#!/bin/sh
[ "$1 $2" = "service ls" ] && echo "web 1/1"
"""
    result = waited(tmp_path, docker, "web s3 we", assets.read("service/scripts/converge.sh"))
    assert result.returncode == 1
    assert result.stderr.startswith("s3, we: not in the swarm any more. `make up` makes that again")
    assert result.stderr.count("\n") == 1


@rows(
    "state, told",
    [
        ("starting", "web: 0 of 1 tasks are healthy after 0 s; the tasks say why:"),
        ("failed", "web: does not start; the tasks say why:"),
    ],
)
def test_service_that_does_not_start_shows_its_tasks_and_the_command_of_its_logs(
    tmp_path: Path, state: str, told: str
) -> None:
    task = f"T\\tid\\t1\\tshutdown\\t{state}\\tno such file\\tNEW\\t9999"
    docker = f"""#!/bin/sh
case "$*" in
  "service ls --format R"*) printf 'R\\tweb\\t0/1\\n' ;;
  "service ls"*) echo "web 0/1" ;;
  "service inspect"*) printf 'S\\tweb\\t\\tid\\t\\tNEW\\n' ;;
  "service ps web --quiet"*) echo one two three ;;
  "service ps"*) echo "  web.1 on worker-1: {state} no such file" ;;
  "inspect --type task"*) for n in 1 2 3; do printf '{task}\\n'; done ;;
esac
"""
    text = re.sub(r"(?m)^(patience_s|whole_look_s|give_up_s)=\d+", r"\1=0", assets.read("service/scripts/converge.sh"))
    result = waited(tmp_path, docker, "web", text)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        told,
        f"  web.1 on worker-1: {state} no such file",
        "  `docker service logs --tail 50 web` on a manager shows what they print",
    ]


def test_tasks_that_say_why_are_shown_first(tmp_path: Path) -> None:
    """Of tasks on machines that are lost, and of those that lost their place, there may be many."""
    lost = [f"web.{n} on worker-{n}: Running 4 minutes ago " for n in range(4)]
    moved = [
        f'web.{n} on worker-{n}: Rejected 4 minutes ago "assigned node no longer meets constraints"' for n in (4, 5)
    ]
    why = 'web.9 on manager-1: Rejected 2 seconds ago "No such image: web"'
    (tmp_path / "tasks").write_text("".join(f"  {line}\n" for line in [*lost, *moved, why]))
    docker = f"""#!/bin/sh
case "$*" in
  "service ls --format R"*) printf 'R\\tweb\\t0/1\\n' ;;
  "service ls"*) echo "web 0/1" ;;
  "service inspect"*) printf 'S\\tweb\\t\\tid\\t\\tNEW\\n' ;;
  "service ps web --quiet"*) echo one ;;
  "service ps"*) cat {tmp_path}/tasks ;;
  "inspect --type task"*) printf 'T\\tid\\t1\\tshutdown\\tstarting\\t\\tNEW\\t9999\\n' ;;
esac
"""
    text = re.sub(r"(?m)^(patience_s|whole_look_s|give_up_s)=\d+", r"\1=0", assets.read("service/scripts/converge.sh"))
    shown = waited(tmp_path, docker, "web", text).stderr.splitlines()[1:-1]
    assert shown == [f"  {line}" for line in [why, *lost]]


def test_rollback_that_swarm_does_not_end_is_pushed_once_and_reported(tmp_path: Path) -> None:
    """Engine 28.5 makes two tasks for one place now and then, and waits for both until the service is updated."""
    docker = """#!/bin/sh
case "$*" in
  "service ls --format R"*) printf 'R\\tweb\\t1\\n' ;;
  "service ls"*) echo "web 1/1" ;;
  "service inspect"*) printf 'S\\tweb\\t%s\\tid\\t\\tNEW\\n' "$([ -e updated ] || echo rollback_started)" ;;
  "service update --detach --quiet web") echo >>updated ;;
  "service ps web --quiet"*) echo one ;;
  "service ps"*) echo "  web.1 on manager-1: running" ;;
  "inspect --type task"*) printf 'T\\tid\\t1\\trunning\\trunning\\t\\tNEW\\t9999\\n' ;;
esac
"""
    script = f"cd '{tmp_path}'\n" + assets.read("service/scripts/converge.sh").replace(
        "roll_back_s=60", "roll_back_s=1"
    )
    result = waited(tmp_path, docker, "web", script)
    assert result.returncode == 1
    assert result.stderr.startswith("web: its update did not succeed (rollback_completed). Once the cause is gone")
    assert (tmp_path / "updated").read_text() == "\n"
