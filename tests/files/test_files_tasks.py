"""components/swarm/scripts/tasks.sh: spare tasks go, also one that Swarm forgets at first."""

import os
import subprocess
from pathlib import Path

import pytest

from components import assets
from tests.support.clock import CLOCK

# A service of two tasks, one of which is a spare one. An update of the service that names no other number of tasks, and
# comes after one that did, removes what is too many, as an update that Swarm makes without a conflict does.
DOCKER = r"""#!/usr/bin/env bash
set -euo pipefail
cd "$HERE"
case "$*" in
  "service ls --quiet --filter label=nuvla-swarm.spare") if [ -e spare ]; then echo app; fi ;;
  "service inspect app --format"*nuvla-swarm.spare*) if [ -e spare ]; then cat spare; fi ;;
  "service inspect app --format"*Replicas*) cat replicas ;;
  "service inspect app --format"*Name*) echo app ;;
  "service ps app --format {{.Name}} {{.DesiredState}}") cat tasks ;;
  "service update"*)
    echo "$*" >>updates
    if [[ $* =~ "--replicas "([0-9]+) ]]; then
      echo "${BASH_REMATCH[1]}" >replicas
      rm spare
    elif [ "$(wc -l <updates)" -gt "$CONFLICTS" ]; then
      echo "app.1 Running" >tasks
    fi
    if [ "$CONFLICTS" = 0 ]; then echo "app.1 Running" >tasks; fi
    ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The folder of the service."""
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "replicas").write_text("2\n")
    (tmp_path / "tasks").write_text("app.1 Running\napp.2 Ready\n \\_ app.2 Shutdown\n")
    (tmp_path / "updates").touch()
    return tmp_path


def run(service: Path, command: str, conflicts: int = 0) -> None:
    """Run a function of the script, which succeeds and says nothing."""
    scripts = [assets.read(f"swarm/scripts/{name}.sh") for name in ("nodes", "tasks")]
    done = subprocess.run(
        ["bash", "-c", "\n".join([CLOCK, *scripts, command])],
        cwd=service,
        env={"PATH": f"{service}:{os.environ['PATH']}", "HERE": str(service), "CONFLICTS": str(conflicts)}
        | {"NODE": "worker-1", "NAME_LABEL": "nuvla-swarm.machine"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def updates(service: Path) -> int:
    """How often the service was updated."""
    return len((service / "updates").read_text().splitlines())


@pytest.mark.parametrize("conflicts", [0, 1, 3])
def test_spare_task_that_swarm_forgets_is_removed_by_further_updates(service: Path, conflicts: int) -> None:
    (service / "spare").write_text("1\n")
    run(service, "remove_all_spares", conflicts)
    assert (service / "tasks").read_text() == "app.1 Running\n"
    assert updates(service) == max(2, 1 + conflicts)


@pytest.mark.parametrize("replicas", ["", "2"])
def test_service_with_as_many_tasks_as_it_should_stays_as_it_is(service: Path, replicas: str) -> None:
    """A global one has no number."""
    (service / "replicas").write_text(replicas)
    run(service, "has_shrunk app")
    assert updates(service) == 0


# A swarm that has no leader for as many questions as the file says, and a machine that was emptied of the one task of a
# service.
EMPTIED = r"""#!/usr/bin/env bash
set -euo pipefail
cd "$HERE"
left=$(cat leaderless)
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) >leaderless
  echo "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader." >&2
  exit 1
fi
case "$*" in
  "node ls --quiet"*) echo n1 ;;
  "node inspect n1 --format {{.ID}}"*) echo "n1 ready worker-1 host-1" ;;
  "node inspect n1 --format"*nuvla-swarm.left*) echo "active app" ;;
  "service ls --quiet"*) ;;
  "service ls --filter id=app"*) cat complete ;;
  "service inspect app --format"*Mounts*) cat mounts ;;
  "service inspect app --format"*Replicas*) echo 1 ;;
  "service ps app"*) echo "app.1 Running" ;;
  "node update"*) echo "$*" >>updates ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""


@pytest.fixture
def emptied(service: Path) -> Path:
    """The folder of that swarm."""
    (service / "docker").write_text(EMPTIED)
    (service / "leaderless").write_text("0")
    (service / "complete").write_text("1/1")
    (service / "mounts").write_text("bind false\n")
    return service


REFILL = assets.read("swarm/scripts/roll.sh").replace('case "$1" in', "case refill in")


@pytest.mark.parametrize("leaderless", [0, 1, 2, 5])
def test_machine_is_refilled_as_soon_as_the_swarm_has_a_leader(emptied: Path, leaderless: int) -> None:
    """Nobody who answers is nobody who says that the machine was not emptied: it would stay drained for ever."""
    (emptied / "leaderless").write_text(str(leaderless))
    run(emptied, f"turn={emptied}/turn\n" + REFILL)
    assert (emptied / "updates").read_text().splitlines() == [
        "node update --availability active n1",
        "node update --label-rm nuvla-swarm.left n1",
    ]


@pytest.mark.parametrize("leaderless", [0, 1, 3])
@pytest.mark.parametrize(("count", "says"), [("1/1", "yes"), ("0/1", "no"), ("", "yes")])
def test_service_that_nobody_counts_is_not_complete(emptied: Path, leaderless: int, count: str, says: str) -> None:
    (emptied / "leaderless").write_text(str(leaderless))
    (emptied / "complete").write_text(count)
    run(emptied, f"if is_complete app; then said=yes; else said=no; fi; [ $said = {says} ]")


@pytest.mark.parametrize("leaderless", [0, 1, 3, 1000])
def test_service_with_data_is_never_taken_for_one_without(emptied: Path, leaderless: int) -> None:
    """Its spare task would start beside an empty volume."""
    (emptied / "leaderless").write_text(str(leaderless))
    run(emptied, "patience_s=1\nkeeps_data app 2>/dev/null")


def test_service_that_is_gone_needs_no_update(service: Path) -> None:
    """The client of engine 20.10 has other words for it than later ones."""
    for words in ("Error response from daemon: service app not found", "Error: No such service: app"):
        (service / "docker").write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
        run(service, "update_service app --replicas 1")


MANY = r"""#!/usr/bin/env bash
set -euo pipefail
cd "$HERE"
: >"running-$$"
trap 'rm -f "running-$$"' EXIT
running=(running-*)
echo "${#running[@]}" >>most
case "$*" in
  "service ls --quiet --filter label=nuvla-swarm.spare") seq -f app%g 100 ;;
  "service inspect app"*nuvla-swarm.spare*) echo 1 ;;
  "service inspect app"*Replicas*) echo 2 ;;
  "service ps app"*) ;;
  "service update"*) echo "$*" >>updates ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""


def test_spare_tasks_of_many_services_go_without_a_crowd_of_clients(service: Path) -> None:
    """Each client has some 20 MiB, and a manager may have few."""
    (service / "docker").write_text(MANY)
    run(service, "remove_all_spares")
    assert updates(service) == 2 * 100
    assert 1 < max(map(int, (service / "most").read_text().split())) <= 16


MOVABLE = r"""#!/usr/bin/env bash
set -euo pipefail
case "$*" in
  "node ps n1"*) echo t1 ;;
  "inspect --type task t1"*) echo "app running" ;;
  "service inspect app --format"*Mounts*) ;;
  "service inspect app --format"*UpdateStatus*) echo "$STATE" ;;
  "service inspect app --format"*Replicas*) echo 1 ;;
  "service inspect app --format"*Name*) echo shop_app ;;
  "service inspect app --format"*) ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""


@pytest.mark.parametrize("state", ["", "completed", "rollback_completed"])
def test_service_gets_spare_tasks(service: Path, state: str) -> None:
    (service / "docker").write_text(MOVABLE)
    run(service, f'export STATE={state}\n[ "$(movable n1)" = "app 1" ]')


@pytest.mark.parametrize("state", ["paused", "rollback_paused", "updating", "rollback_started"])
def test_service_whose_own_update_has_not_ended_is_not_updated(service: Path, state: str) -> None:
    """Any other update of it takes a paused one for due again, and forgets what it would return to."""
    (service / "docker").write_text(MOVABLE)
    run(
        service,
        f'export STATE={state}\n[ -z "$(movable n1 2>told)" ]\n'
        f'[ "$(cat told)" = "worker-1: shop_app stops here for a while, as its own update is {state}" ]',
    )


# A service as Swarm keeps it: before any update but a rollback, its description becomes the former one.
FORMER = r"""#!/usr/bin/env bash
set -euo pipefail
cd "$HERE"
case "$*" in
  "service ls --quiet --filter label="*) if grep -q "^$5=" spec; then echo app; fi ;;
  "service inspect app --format"*Labels*) sed -n "s/^label=nuvla-swarm.[a-z]*=//p" spec ;;
  "service inspect app --format"*Replicas*) sed -n "s/^replicas=//p" spec ;;
  "service inspect app --format"*Name*) echo app ;;
  "service ps app"*) seq -f "app.%g Running" "$(sed -n "s/^replicas=//p" spec)" ;;
  "service update"*)
    cp spec former
    while [ $# -gt 1 ]; do
      case "$1" in
        --replicas) sed -i "s/^replicas=.*/replicas=$2/" spec ;;
        --label-add) echo "label=$2" >>spec ;;
        --label-rm) sed -i "/^label=$2=/d" spec ;;
        --constraint-add) echo "constraint=$2" >>spec ;;
        --constraint-rm) sed -i "/^constraint=$2$/d" spec ;;
      esac
      shift
    done
    ;;
  "service rollback app") cp spec now && cp former spec && mv now former ;;
  *) echo "not known: $*" >&2 && exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    "roll",
    [
        'add_spares "app 1"; remove_all_spares',
        'update_service app --label-add "$kept=n1" --constraint-add node.id==n1; release_kept',
    ],
    ids=["spare", "kept"],
)
def test_rollback_by_hand_after_a_roll_brings_nothing_of_the_roll_back(service: Path, roll: str) -> None:
    (service / "docker").write_text(FORMER)
    (service / "spec").write_text("replicas=2\n")
    run(service, f"is_decided() {{ true; }}\nis_complete() {{ true; }}\n{roll}\ndocker service rollback app")
    assert (service / "spec").read_text() == "replicas=2\n"
