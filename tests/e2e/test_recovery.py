"""Recovery by `make up` from lost machines, disks, nodes and killed updates; and destruction after losses."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Result, Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import kill_make_when, wait_for

pytestmark = pytest.mark.slow

READY = "Ready Active"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on a manager, with the files, and a worker; each test damages the target and recovers it."""
    changed_settings = small_target_settings(subnet_of("recovery"), 1) | {"nfs": {"server": "ganesha"}}
    with stack("e2e-recovery", Path(tmp_path_factory.mktemp("recovery")), changed_settings) as target:
        result = target.make("up")
        assert result.code == 0, result.text
        yield target


def assert_intact(target: Stack) -> None:
    assert target.nodes() == {"manager-1": READY, "worker-1": READY}
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text


def test_second_make_up_changes_nothing(target: Stack) -> None:
    """`make up` refreshes the machines first: the engine has to report what the program asks for."""
    machines = sorted(target.labelled_ids("container"))
    result = target.make("up")
    assert result.code == 0, result.text
    update = Result(result.code, result.text.partition("Updating (")[2])  # after the refresh
    assert update.count("unchanged") > 0
    assert update.touched() == set(), result.text
    assert sorted(target.labelled_ids("container")) == machines


def test_removed_worker_is_created_again_without_a_ghost_node(target: Stack) -> None:
    docker("rm", "--force", target.container("worker-1"))
    result = target.make("up")
    assert result.code == 0, result.text
    assert_intact(target)


def test_worker_removed_with_its_disk_joins_again_without_a_ghost_node(target: Stack) -> None:
    target.remove_with_disk("worker-1")
    result = target.make("up")
    assert result.code == 0, result.text
    assert_intact(target)


def test_node_that_left_or_was_changed_by_hand_is_restored(target: Stack) -> None:
    """Pulumi's state knows nodes only by commands that ran once; the program looks at the nodes themselves."""

    def inspect_node(field: str) -> str:
        completed = target.on("manager-1", "docker", "node", "inspect", "--format", f"{{{{{field}}}}}", "worker-1")
        assert completed.code == 0, completed.text
        return completed.text.strip()

    assert target.on("worker-1", "docker", "swarm", "leave").code == 0
    wait_for(lambda: inspect_node(".Status.State") == "down", "the node has left")
    result = target.make("up")
    assert result.code == 0, result.text
    assert "the machine worker-1 answers, but its node is down in the swarm" in result.text
    assert_intact(target)
    changed = ("--label-rm=nuvla-swarm.machine", "--label-add=theirs=1", "--role=manager")
    assert target.on("manager-1", "docker", "node", "update", *changed, "worker-1").code == 0
    identity = inspect_node(".ID")
    result = target.make("up")
    assert result.code == 0, result.text
    assert "the machine worker-1 is another node than it was set to be" in result.text
    labels = '.ID}} {{.Spec.Role}} {{index .Spec.Labels "nuvla-swarm.machine"}} {{.Spec.Labels.theirs'
    assert inspect_node(labels) == f"{identity} worker worker-1 1"
    assert_intact(target)


def swarm_id(target: Stack) -> str:
    return target.on("manager-1", "docker", "info", "--format", "{{.Swarm.Cluster.ID}}").text


def test_removed_manager_returns_with_its_swarm_services_and_files(target: Stack) -> None:
    before = swarm_id(target)
    target.on("manager-1", "bash", "-c", "echo kept >/nfs-root/file")
    docker("rm", "--force", target.container("manager-1"))
    result = target.make("up")
    assert result.code == 0, result.text
    assert swarm_id(target) == before
    assert "ready (nothing is published yet)" in result.text, result.text
    file = f"nfs://{target.outputs()['nfs']['address']}/nfs-root/file"
    assert "kept" in target.on("worker-1", "nfs-cat", file).text
    assert_intact(target)


def running_services(target: Stack) -> dict[str, str]:
    """Return the tasks of each service, such as "2/2", by name."""
    listed = target.on("manager-1", "docker", "service", "ls", "--format", "{{.Name}} {{.Replicas}}")
    assert listed.code == 0, listed.text
    return {line.split()[0]: line.split()[1] for line in listed.text.splitlines()}


def test_only_manager_removed_with_its_disk_starts_another_swarm(target: Stack) -> None:
    before, services = swarm_id(target), running_services(target)
    target.remove_with_disk("manager-1")
    start = time.monotonic()
    result = target.make("up")
    print(f"manager-1 removed with its disk: a new swarm in {time.monotonic() - start:.0f} s")
    assert result.code == 0, result.text
    assert swarm_id(target) != before
    assert running_services(target) == services
    assert all(tasks.split("/")[0] == tasks.split("/")[1] for tasks in services.values())
    assert_intact(target)


def test_destroy_leaves_nothing_when_the_manager_with_the_files_is_dead(target: Stack) -> None:
    containers = target.on("manager-1", "docker", "ps", "--quiet", "--no-trunc").text.split()
    assert containers
    docker("rm", "--force", target.container("manager-1"))
    result = target.destroy()
    assert result.code == 0, result.text
    assert target.leftovers() == []
    groups = {path.name for path in Path("/sys/fs/cgroup").glob("**/*") if path.is_dir()}
    assert groups.isdisjoint(containers), "cgroups of containers outlive their machine"
    up_again = target.make("up")
    assert up_again.code == 0, up_again.text
    result = target.destroy()
    assert result.code == 0, result.text
    assert target.leftovers() == []
    resources = target.must("pulumi", "stack", "export").text
    assert "urn:pulumi" not in resources


@pytest.mark.parametrize("kind", ["network", "container"])
def test_killed_make_up_is_completed_by_the_next(tmp_path: Path, kind: str) -> None:
    with stack(f"e2e-killed-{kind}", tmp_path, small_target_settings(subnet_of("killed"), 0)) as target:
        kill_make_when(target, "up", lambda: target.labelled_ids(kind) != [], f"the first {kind}")
        result: Result = target.make("up")
        assert result.code == 0, result.text
        assert target.nodes() == {"manager-1": READY}
        assert "pending_operations" not in target.must("pulumi", "stack", "export").text
        outputs = target.outputs()
        keys = [
            outputs["ssh"]["private_key"],
            outputs["docker"]["operator"]["key"],
            outputs["docker"]["nuvla"]["key"],
        ]
        token = target.on("manager-1", "docker", "swarm", "join-token", "--quiet", "worker").text
        destroyed = target.destroy()
        assert destroyed.code == 0, destroyed.text
        for secret in (*keys, token):
            assert max(secret.splitlines(), key=len) not in destroyed.text + result.text
        assert target.leftovers() == []


def test_preview_works_after_the_loss_of_the_state_folder(tmp_path: Path) -> None:
    with stack("e2e-salt", tmp_path, small_target_settings(subnet_of("salt"), 0)) as target:
        shutil.rmtree(target.folder / ".state")
        (target.folder / ".state").mkdir()
        target.env["PULUMI_CONFIG_PASSPHRASE"] = "another passphrase"
        result = target.make("preview")
        assert result.code == 0, result.text
        assert "to create" in result.text


def test_make_down_removes_no_container_of_others(tmp_path: Path) -> None:
    with stack("e2e-down", tmp_path, small_target_settings(subnet_of("down"), 0)) as target:
        bystander = docker("create", target.get("machines.image"))
        try:
            result = target.make("down")
            assert result.code == 0, result.text
            assert docker("inspect", "--format", "{{.Id}}", bystander) == bystander
        finally:
            docker("rm", "--force", "--volumes", bystander)
