"""A target on the stand-in of Exoscale: machines, security groups, addresses and block storage."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
import requests

from components import assets
from tests.e2e import expected_ports
from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_prober, exoscale_stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.port_probes import probe_ports
from tests.e2e.waiting import wait_for
from tests.support.background import repeated

pytestmark = pytest.mark.slow
THIS_COMPUTER = this_computer(subnet_of("exoscale"))
ALL = ("manager-1", "worker-1", "worker-2")
FILES_FOLDER = "/var/lib/nuvla-swarm/volumes/nfs"
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": EXOSCALE_MACHINES
    | {
        "elastic_ip": True,
        "private_network": subnet_of("exoscale-private"),
        "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": 2}},
    },
    "firewall": {
        "management": ["192.0.2.0/24", THIS_COMPUTER],
        "nuvla": ["198.51.100.0/24"],
        "users": ["203.0.113.0/24", THIS_COMPUTER],
    },
    "monitoring": {"enabled": False},
    "nfs": {"server": "ganesha", "machine": "worker-1"},
    "s3": {},
    "volumes": {"nfs": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a target on one manager and two workers that is up; the tests run in their order."""
    folder = Path(tmp_path_factory.mktemp("exoscale"))
    with exoscale_stack("e2e-exoscale", folder, SETTINGS, subnet_of("exoscale")) as target:
        result = target.up()
        (target.folder / "up.log").write_text(result.text)
        assert result.code == 0, result.text
        yield target


@contextmanager
def failed_requests(url: str) -> Iterator[list[str]]:
    """Request a URL again and again; yield a list that gets the time and error of each failure."""
    failures: list[str] = []
    with requests.Session() as session:
        session.trust_env = False

        def send_request() -> None:
            try:
                session.get(url, timeout=5)
            except OSError as error:
                failures.append(f"{time.monotonic():.1f} {error}")

        with repeated(send_request, pause_s=0.3):
            yield failures


def test_second_up_changes_nothing_and_calls_no_api(target: ExoscaleStack) -> None:
    before = len(target.calls())
    result = target.up()
    assert result.code == 0, result.text
    assert "changes" not in result.text
    assert result.count("unchanged") > 100
    assert target.calls()[before:] == []


def test_output_of_up_contains_no_key_and_no_token(target: ExoscaleStack) -> None:
    log = (target.folder / "up.log").read_text()
    assert not [word for word in ("PRIVATE KEY", "SWMTKN", "of-a-test") if word in log]


def test_state_contains_no_secret_in_plain_text(target: ExoscaleStack) -> None:
    state = target.state()
    assert "cluster-login-key" in state
    assert not [word for word in ("PRIVATE KEY", "SWMTKN", "EXO-of-a-test") if word in state]


def test_machines_are_ready_nodes_on_the_private_network(target: ExoscaleStack) -> None:
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    for machine in ALL:
        address = target.on(machine, "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip()
        assert IPv4Address(address) in IPv4Network(subnet_of("exoscale-private")), machine
        assert f" {address}/16 " in target.on(machine, "ip", "-oneline", "-4", "address", "show").text


def test_login_by_password_or_as_root_is_disabled(target: ExoscaleStack) -> None:
    configuration = target.on("worker-1", "sshd", "-T", "-C", "user=root,host=any,addr=192.0.2.1").text
    assert "passwordauthentication no" in configuration
    assert target.on("worker-1", "test", "-s", "/root/.ssh/authorized_keys").code != 0


@pytest.mark.parametrize("source", expected_ports.SOURCES)
def test_ports_are_open_to_the_sources_of_the_guide_alone(answers: dict[str, dict[str, str]], source: str) -> None:
    assert answers[source] == dict(expected_ports.expected_answers(source))


@pytest.fixture(scope="module")
def answers(target: ExoscaleStack) -> dict[str, dict[str, str]]:
    """Return the states of the ports of a manager, by source; the machines are one source."""
    with exoscale_prober(target, "worker-2") as prober:
        return probe_ports(target, "manager-1", prober)


def test_api_manager_answers_at_the_elastic_ip(target: ExoscaleStack) -> None:
    [record] = target.records("elastic-ip").values()
    assert requests.get(f"http://{record['address']}:8080/ping", timeout=10).status_code == 200
    assert f"{record['address']}/32" in target.on("manager-1", "ip", "-oneline", "address", "show", "dev", "lo").text


def test_elastic_ip_changes_while_the_private_address_stays(target: ExoscaleStack) -> None:
    private = target.on("worker-2", "ip", "-oneline", "-4", "address", "show", "dev", "eth1").text.split()[3]
    start_time = ["systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "nuvla-swarm-private-address"]
    before = target.on("worker-2", *start_time).text
    for elastic in ("203.0.113.9", "203.0.113.8", ""):
        values = f"export PRIVATE_ADDRESS={private} ELASTIC_IP={elastic}\n"
        completed = target.on("worker-2", "bash", "-c", values + assets.read("machines/exoscale/scripts/ready.sh"))
        assert completed.code == 0, completed.text
        shown = target.on("worker-2", "ip", "-oneline", "-4", "address", "show", "dev", "lo").text
        assert re.findall(r"inet (?!127\.)(\S+)", shown) == ([f"{elastic}/32"] if elastic else [])
    assert target.on("worker-2", *start_time).text == before, "the private address was removed meanwhile"


def test_pool_grows_and_shrinks_without_a_change_of_other_machines(target: ExoscaleStack) -> None:
    before = {machine: target.instance(machine)["id"] for machine in ALL}
    target.set("machines.pools.worker.count", 3)
    grown = target.up()
    assert grown.code == 0, grown.text
    assert target.nodes() == dict.fromkeys((*ALL, "worker-3"), "Ready Active")
    target.set("machines.pools.worker.count", 2)
    shrunk = target.up()
    assert shrunk.code == 0, shrunk.text
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    for result in (grown, shrunk):
        own = {name for name in result.touched() if "worker-3" in name}
        assert result.touched() - own <= {
            *("socket-proxy-converged", "cluster", "cluster-outputs", "outputs"),
            *("swarm-members", "swarm-members-only", "swarm-tokens-rotated"),
        }, result.text
    assert {machine: target.instance(machine)["id"] for machine in ALL} == before


def test_another_ssh_key_or_api_key_changes_no_machine(target: ExoscaleStack) -> None:
    before = target.file.read_text()
    target.set(
        "machines.ssh.public_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ4Yq5v3nXv0X8l8Xr1t0n0w1yQ7o1o0o0o0o0o0o0o"
    )
    target.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "another")
    target.allow("login-key")
    previewed = target.preview(env={"EXOSCALE_API_KEY": "EXO-another"})
    target.file.write_text(before)
    assert previewed.code == 0, previewed.text
    touched = previewed.touched()
    assert {"cluster-ssh-key", "exoscale"} <= touched
    kinds = re.findall(r"exoscale:index:(\w+)", previewed.text)
    assert set(kinds) == {"SshKey"}, previewed.text


def test_replaced_worker_joins_while_the_api_manager_keeps_answering(target: ExoscaleStack) -> None:
    before = target.instance("worker-2")["id"]
    with failed_requests(f"http://{target.address('manager-1')}:8080/ping") as failures:
        result = target.up("--target-replace", target.urn("worker-2"), "--target-dependents")
    assert result.code == 0, result.text
    assert not failures
    assert target.instance("worker-2")["id"] != before
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")


def test_files_on_block_storage_survive_the_replacement_of_their_machine(target: ExoscaleStack) -> None:
    before = target.instance("worker-1")["id"]
    [volume] = target.records("block-storage")
    assert target.on("worker-1", "bash", "-c", f"echo kept >{FILES_FOLDER}/file && sync").code == 0
    assert "/dev/loop" in target.on("worker-1", "findmnt", "--noheadings", "--output=SOURCE", FILES_FOLDER).text
    result = target.up("--target-replace", target.urn("worker-1"), "--target-dependents")
    assert result.code == 0, result.text
    assert target.instance("worker-1")["id"] != before
    assert target.instance("worker-1")["blockStorageVolumeIds"] == [volume]
    assert target.on("worker-1", "cat", f"{FILES_FOLDER}/file").text == "kept\n"
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.https_session() as session:
        wait_for(lambda: session.get(health, timeout=5).status_code == 200, "S3 serves the files again")


def test_block_storage_in_use_by_a_container_is_not_moved(target: ExoscaleStack) -> None:
    volume = list(target.records("block-storage"))
    run_user = ("docker", "run", "--detach", "--name=mine", f"--volume={FILES_FOLDER}:/mine", "whoami:test")
    assert target.on("worker-1", *run_user).code == 0
    target.set("nfs.machine", "worker-2")
    refused = target.up()
    assert refused.code != 0
    assert f"the volume at {FILES_FOLDER} goes to another machine, but is used by mine" in refused.text, refused.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == volume
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.on("worker-1", "docker", "rm", "--force", "mine").code == 0


def test_block_storage_released_by_a_refused_move_is_served_again(target: ExoscaleStack) -> None:
    target.set("nfs.machine", "worker-1")
    # The state after a refusal that comes later, when this machine has released the volume.
    scripts = ("storage/scripts/nfs.sh", "storage/scripts/mounts.sh", "machines/exoscale/scripts/hand_over.sh")
    script = f"export FOLDER={FILES_FOLDER} SHARED=/nfs-root\n" + "".join(map(assets.read, scripts))
    completed = target.on("worker-1", "bash", "-c", script)
    assert completed.code == 0, completed.text
    assert target.on("worker-1", "test", "-e", "/nfs-root/file").code != 0
    back = target.up()
    assert back.code == 0, back.text
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.on("worker-1", "systemctl", "is-active", "nfs-ganesha").text == "active\n"
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.https_session() as session:
        wait_for(lambda: session.get(health, timeout=5).status_code == 200, "S3 serves the files again")
    assert target.preview("--expect-no-changes").code == 0


def test_block_storage_moves_to_another_machine_and_back(target: ExoscaleStack) -> None:
    target.set("nfs.machine", "worker-2")
    volume = list(target.records("block-storage"))
    result = target.up()
    assert result.code == 0, result.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == []
    assert target.instance("worker-2")["blockStorageVolumeIds"] == volume
    for path in (f"{FILES_FOLDER}/file", "/nfs-root/file"):
        assert target.on("worker-2", "cat", path).text == "kept\n"
    left = target.on("worker-1", "grep", "-rl", FILES_FOLDER, "/etc/systemd/system", "/etc/fstab", "/proc/mounts")
    assert left.text == "", "worker-1 would wait for the volume at its next start"
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.https_session() as session:
        wait_for(lambda: session.get(health, timeout=5).status_code == 200, "S3 serves the files from there")
    target.set("nfs.machine", "worker-1")
    back = target.up()
    assert back.code == 0, back.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == volume
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"


def test_preview_shows_no_change_after_all_moves_of_block_storage(target: ExoscaleStack) -> None:
    previewed = target.preview("--expect-no-changes")
    assert previewed.code == 0, previewed.text


def test_retained_block_storage_is_imported_with_its_files(target: ExoscaleStack) -> None:
    target.set("volumes.retain_on_destroy", True)
    assert target.up().code == 0
    [volume] = target.records("block-storage")
    destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    assert list(target.records("block-storage")) == [volume]
    assert not any(target.records(kind) for kind in ("instance", "security-group", "elastic-ip", "private-network"))
    target.set("volumes.nfs.import_id", volume)
    target.set("volumes.retain_on_destroy", False)
    second = target.up()
    assert second.code == 0, second.text
    assert "nfs-volume imported" in second.text
    for options in ((), ("--refresh",)):
        preview = target.preview("--expect-no-changes", *options)
        assert preview.code == 0, preview.text
    third = target.up("--expect-no-changes")
    assert third.code == 0, third.text
    assert list(target.records("block-storage")) == [volume]
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"


def test_destroy_of_an_exoscale_target_leaves_nothing(target: ExoscaleStack) -> None:
    result = target.destroy()
    assert result.code == 0, result.text
    assert target.leftovers() == []
