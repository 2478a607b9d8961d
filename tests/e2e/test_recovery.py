"""What is lost or interrupted is made whole by the next `make up`, and destroyed all the same."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import settings
from tests.e2e.harness import Result, Stack, docker, stack
from tests.e2e.moments import killed, wait_for
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow

READY = "Ready Active"


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on a manager, with the files, and a worker; each test loses something of it and gets it back."""
    wanted = settings(subnet_of("recovery"), 1) | {"nfs": {"server": "ganesha"}}
    with stack("e2e-recovery", Path(tmp_path_factory.mktemp("recovery")), wanted) as made:
        result = made.make("up")
        assert result.code == 0, result.text
        yield made


def assert_whole(swarm: Stack) -> None:
    assert swarm.nodes() == {"manager-1": READY, "worker-1": READY}
    again = swarm.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text


def test_a_second_make_up_changes_nothing(swarm: Stack) -> None:
    """It refreshes the machines before: what the engine says of them must be what the program asks for."""
    machines = sorted(swarm.on_engine("container"))
    result = swarm.make("up")
    assert result.code == 0, result.text
    update = Result(result.code, result.text.partition("Updating (")[2])  # after the refresh
    assert update.count("unchanged") > 0
    assert update.touched() == set(), result.text
    assert sorted(swarm.on_engine("container")) == machines


def test_a_killed_worker_is_made_again_without_a_ghost(swarm: Stack) -> None:
    docker("rm", "--force", swarm.container("worker-1"))
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert_whole(swarm)


def test_a_worker_that_lost_its_disk_too_joins_anew_without_a_ghost(swarm: Stack) -> None:
    swarm.burn("worker-1")
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert_whole(swarm)


def test_a_machine_that_somebody_had_leave_or_made_another_one_is_itself_again(swarm: Stack) -> None:
    """Both happen to nodes, of which Pulumi's state has nothing but commands that were run once."""

    def node(what: str) -> str:
        done = swarm.on("manager-1", "docker", "node", "inspect", "--format", f"{{{{{what}}}}}", "worker-1")
        assert done.code == 0, done.text
        return done.text.strip()

    assert swarm.on("worker-1", "docker", "swarm", "leave").code == 0
    wait_for(lambda: node(".Status.State") == "down", "it has left")
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert "the machine worker-1 answers, but its node is down in the swarm" in result.text
    assert_whole(swarm)
    changed = ("--label-rm=nuvla-swarm.machine", "--label-add=theirs=1", "--role=manager")
    assert swarm.on("manager-1", "docker", "node", "update", *changed, "worker-1").code == 0
    identity = node(".ID")
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert "the machine worker-1 is another node than it was set to be" in result.text
    labels = '.ID}} {{.Spec.Role}} {{index .Spec.Labels "nuvla-swarm.machine"}} {{.Spec.Labels.theirs'
    assert node(labels) == f"{identity} worker worker-1 1"
    assert_whole(swarm)


def swarm_id(swarm: Stack) -> str:
    return swarm.on("manager-1", "docker", "info", "--format", "{{.Swarm.Cluster.ID}}").text


def test_a_killed_manager_comes_back_with_its_swarm_services_and_files(swarm: Stack) -> None:
    before = swarm_id(swarm)
    swarm.on("manager-1", "bash", "-c", "echo kept >/nfs-root/file")
    docker("rm", "--force", swarm.container("manager-1"))
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert swarm_id(swarm) == before
    assert "answers 503" in result.text
    file = f"nfs://{swarm.outputs()['nfs']['address']}/nfs-root/file"
    assert "kept" in swarm.on("worker-1", "nfs-cat", file).text
    assert_whole(swarm)


def test_the_only_manager_that_lost_its_disk_starts_another_swarm_with_all_services(swarm: Stack) -> None:
    before = swarm_id(swarm)
    swarm.burn("manager-1")
    result = swarm.make("up")
    assert result.code == 0, result.text
    assert swarm_id(swarm) != before
    assert_whole(swarm)


def test_destroy_leaves_nothing_with_a_dead_manager_that_has_the_files_and_a_dead_swarm(swarm: Stack) -> None:
    containers = swarm.on("manager-1", "docker", "ps", "--quiet", "--no-trunc").text.split()
    assert containers
    docker("rm", "--force", swarm.container("manager-1"))
    result = swarm.destroy()
    assert result.code == 0, result.text
    assert swarm.leftovers() == []
    groups = {path.name for path in Path("/sys/fs/cgroup").glob("**/*") if path.is_dir()}
    assert groups.isdisjoint(containers), "cgroups of containers outlive their machine"
    up_again = swarm.make("up")
    assert up_again.code == 0, up_again.text
    result = swarm.destroy()
    assert result.code == 0, result.text
    assert swarm.leftovers() == []
    resources = swarm.must("pulumi", "stack", "export").text
    assert "urn:pulumi" not in resources


@pytest.mark.parametrize("moment", ["network", "container"])
def test_an_up_that_was_killed_is_completed_by_the_next(tmp_path: Path, moment: str) -> None:
    with stack(f"e2e-killed-{moment}", tmp_path, settings(subnet_of("killed"), 0)) as made:
        killed(made, "up", lambda: made.on_engine(moment) != [], f"the first {moment}")
        result: Result = made.make("up")
        assert result.code == 0, result.text
        assert made.nodes() == {"manager-1": READY}
        assert "pending_operations" not in made.must("pulumi", "stack", "export").text
        exported = made.outputs()
        keys = [
            exported["ssh"]["private_key"],
            exported["docker"]["operator"]["key"],
            exported["docker"]["nuvla"]["key"],
        ]
        token = made.on("manager-1", "docker", "swarm", "join-token", "--quiet", "worker").text
        destroyed = made.destroy()
        assert destroyed.code == 0, destroyed.text
        for secret in (*keys, token):
            assert max(secret.splitlines(), key=len) not in destroyed.text + result.text
        assert made.leftovers() == []


def test_a_lost_state_folder_is_no_obstacle_to_a_new_stack(tmp_path: Path) -> None:
    with stack("e2e-salt", tmp_path, settings(subnet_of("salt"), 0)) as made:
        shutil.rmtree(made.folder / ".state")
        (made.folder / ".state").mkdir()
        made.env["PULUMI_CONFIG_PASSPHRASE"] = "another passphrase"
        result = made.make("preview")
        assert result.code == 0, result.text
        assert "to create" in result.text


def test_what_a_stacks_file_has_lost_of_this_computer_is_added_again(tmp_path: Path) -> None:
    with stack("e2e-file", tmp_path, settings(subnet_of("file"), 0)) as made:
        image = made.get("machines.image")
        made.must("pulumi", "config", "rm", "--path", "nuvla-swarm:machines.image")
        result = made.make("preview")
        assert result.code == 0, result.text
        assert "adds to Pulumi.e2e-file.yaml what depends on this computer" in result.text
        assert made.get("machines.image") == image


def test_down_leaves_the_engine_to_other_stacks(tmp_path: Path) -> None:
    with stack("e2e-down", tmp_path, settings(subnet_of("down"), 0)) as made:
        bystander = docker("create", "--name", "e2e-down-bystander", made.get("machines.image"))
        try:
            result = made.make("down")
            assert result.code == 0, result.text
            assert docker("inspect", "--format", "{{.Id}}", bystander) == bystander
        finally:
            docker("rm", "--force", "--volumes", bystander)
