"""A target on Exoscale, as the stand-in of its plugin has it: machines, groups, addresses and block storage."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
import requests

from components import assets
from tests.e2e import guide
from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack, prober
from tests.e2e.moments import wait_for
from tests.e2e.networks import here, subnet_of
from tests.e2e.probes import probe

pytestmark = pytest.mark.slow
HERE = here(subnet_of("exoscale"))
ALL = ("manager-1", "worker-1", "worker-2")
FILES = "/var/lib/nuvla-swarm/volumes/nfs"
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": ON_EXOSCALE
    | {
        "elastic_ip": True,
        "private_network": subnet_of("exoscale-private"),
        "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": 2}},
    },
    "firewall": {
        "management": ["192.0.2.0/24", HERE],
        "nuvla": ["198.51.100.0/24"],
        "users": ["203.0.113.0/24", HERE],
    },
    "monitoring": {"enabled": False},
    "nfs": {"server": "ganesha", "machine": "worker-1"},
    "s3": {},
    "volumes": {"nfs": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """A target on one manager and two workers that is up. The tests run in their order."""
    folder = Path(tmp_path_factory.mktemp("exoscale"))
    with cloud_stack("e2e-exoscale", folder, SETTINGS, subnet_of("exoscale")) as made:
        result = made.up()
        (made.folder / "up.log").write_text(result.text)
        assert result.code == 0, result.text
        yield made


def urn(target: CloudStack, machine: str) -> str:
    cluster, instance = "nuvla:machines:ExoscaleCluster", "exoscale:index/computeInstance:ComputeInstance"
    return f"urn:pulumi:{target.name}::nuvla-swarm::{cluster}${instance}::{machine}"


@contextmanager
def answering(url: str) -> Iterator[list[str]]:
    """Asks a URL all the time; what is yielded has the times when it did not answer."""
    failures: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not ended.wait(0.3):
                try:
                    session.get(url, timeout=5)
                except OSError as error:
                    failures.append(f"{time.monotonic():.1f} {error}")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield failures
    finally:
        ended.set()
        asking.join()


def test_a_second_up_changes_nothing_and_asks_the_cloud_nothing(target: CloudStack) -> None:
    before = len(target.calls())
    result = target.up()
    assert result.code == 0, result.text
    assert "changes" not in result.text
    assert result.count("unchanged") > 100
    assert target.calls()[before:] == []


def test_the_log_has_neither_keys_nor_tokens(target: CloudStack) -> None:
    log = (target.folder / "up.log").read_text()
    assert not [word for word in ("PRIVATE KEY", "SWMTKN", "of-a-test") if word in log]


def test_no_secret_is_in_plain_text_in_the_state(target: CloudStack) -> None:
    state = target.state()
    assert "cluster-login-key" in state
    assert not [word for word in ("PRIVATE KEY", "SWMTKN", "EXO-of-a-test") if word in state]


def test_every_machine_is_ready_under_its_own_name_on_the_private_network(target: CloudStack) -> None:
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    for machine in ALL:
        address = target.on(machine, "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip()
        assert IPv4Address(address) in IPv4Network(subnet_of("exoscale-private")), machine
        assert f" {address}/16 " in target.on(machine, "ip", "-oneline", "-4", "address", "show").text


def test_nobody_logs_in_as_root_or_by_password(target: CloudStack) -> None:
    found = target.on("worker-1", "sshd", "-T", "-C", "user=root,host=any,addr=192.0.2.1").text
    assert "passwordauthentication no" in found
    assert target.on("worker-1", "test", "-s", "/root/.ssh/authorized_keys").code != 0


@pytest.mark.parametrize("source", guide.SOURCES)
def test_each_port_is_open_to_those_whom_the_guide_names_and_to_nobody_else(
    answers: dict[str, dict[str, str]], source: str
) -> None:
    assert answers[source] == dict(guide.answers(source))


@pytest.fixture(scope="module")
def answers(target: CloudStack) -> dict[str, dict[str, str]]:
    """What the ports of a manager are to each source; the machines are one of them."""
    with prober(target, "worker-2") as by:
        return probe(target, "manager-1", by)


def test_the_entry_answers_at_the_elastic_ip(target: CloudStack) -> None:
    [record] = target.records("elastic-ip").values()
    assert requests.get(f"http://{record['address']}:8080/ping", timeout=10).status_code == 200
    assert f"{record['address']}/32" in target.on("manager-1", "ip", "-oneline", "address", "show", "dev", "lo").text


def test_an_elastic_ip_comes_and_goes_while_the_private_address_stays(target: CloudStack) -> None:
    private = target.on("worker-2", "ip", "-oneline", "-4", "address", "show", "dev", "eth1").text.split()[3]
    since = ["systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "nuvla-swarm-private-address"]
    before = target.on("worker-2", *since).text
    for elastic in ("203.0.113.9", "203.0.113.8", ""):
        values = f"export PRIVATE_ADDRESS={private} ELASTIC_IP={elastic}\n"
        done = target.on("worker-2", "bash", "-c", values + assets.read("machines/exoscale/scripts/ready.sh"))
        assert done.code == 0, done.text
        shown = target.on("worker-2", "ip", "-oneline", "-4", "address", "show", "dev", "lo").text
        assert re.findall(r"inet (?!127\.)(\S+)", shown) == ([f"{elastic}/32"] if elastic else [])
    assert target.on("worker-2", *since).text == before, "it was taken away meanwhile"


def test_a_pool_grows_and_shrinks_and_nothing_else_is_touched(target: CloudStack) -> None:
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
            *("socket-proxy-converged", "cluster", "outputs"),
            *("swarm-members", "swarm-members-only", "swarm-tokens-rotated"),
        }, result.text
    assert {machine: target.instance(machine)["id"] for machine in ALL} == before


def test_neither_another_login_key_nor_another_api_key_touches_a_machine(target: CloudStack) -> None:
    before = target.file.read_text()
    target.set(
        "machines.ssh.public_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ4Yq5v3nXv0X8l8Xr1t0n0w1yQ7o1o0o0o0o0o0o0o"
    )
    target.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "another")
    previewed = target.preview(env={"EXOSCALE_API_KEY": "EXO-another"})
    target.file.write_text(before)
    assert previewed.code == 0, previewed.text
    touched = previewed.touched()
    assert {"cluster-ssh-key", "exoscale"} <= touched
    kinds = re.findall(r"exoscale:index:(\w+)", previewed.text)
    assert set(kinds) == {"SshKey"}, previewed.text


def test_a_worker_that_is_replaced_comes_back_and_the_entry_answers_all_the_while(target: CloudStack) -> None:
    before = target.instance("worker-2")["id"]
    with answering(f"http://{target.address('manager-1')}:8080/ping") as failures:
        result = target.up("--target-replace", urn(target, "worker-2"), "--target-dependents")
    assert result.code == 0, result.text
    assert not failures
    assert target.instance("worker-2")["id"] != before
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")


def test_files_on_block_storage_outlive_the_machine_that_serves_them(target: CloudStack) -> None:
    before = target.instance("worker-1")["id"]
    [volume] = target.records("block-storage")
    assert target.on("worker-1", "bash", "-c", f"echo kept >{FILES}/file && sync").code == 0
    assert "/dev/loop" in target.on("worker-1", "findmnt", "--noheadings", "--output=SOURCE", FILES).text
    result = target.up("--target-replace", urn(target, "worker-1"), "--target-dependents")
    assert result.code == 0, result.text
    assert target.instance("worker-1")["id"] != before
    assert target.instance("worker-1")["blockStorageVolumeIds"] == [volume]
    assert target.on("worker-1", "cat", f"{FILES}/file").text == "kept\n"
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.user() as user:
        wait_for(lambda: user.get(health, timeout=5).status_code == 200, "S3 serves the files again")


def test_block_storage_that_others_use_is_not_taken_from_them(target: CloudStack) -> None:
    volume = list(target.records("block-storage"))
    mine = ("docker", "run", "--detach", "--name=mine", f"--volume={FILES}:/mine", "whoami:test")
    assert target.on("worker-1", *mine).code == 0
    target.set("nfs.machine", "worker-2")
    refused = target.up()
    assert refused.code != 0
    assert f"the volume at {FILES} goes to another machine, but is used by mine" in refused.text, refused.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == volume
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.on("worker-1", "docker", "rm", "--force", "mine").code == 0


def test_block_storage_that_was_about_to_go_is_served_again_where_it_is(target: CloudStack) -> None:
    target.set("nfs.machine", "worker-1")
    # As if what refused had come later: when this machine had let it go.
    given = ("storage/scripts/nfs.sh", "storage/scripts/mounts.sh", "storage/scripts/hand_over.sh")
    script = f"export FOLDER={FILES} SHARED=/nfs-root\n" + "".join(map(assets.read, given))
    done = target.on("worker-1", "bash", "-c", script)
    assert done.code == 0, done.text
    assert target.on("worker-1", "test", "-e", "/nfs-root/file").code != 0
    back = target.up()
    assert back.code == 0, back.text
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"
    assert target.on("worker-1", "systemctl", "is-active", "nfs-ganesha").text == "active\n"
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.user() as user:
        wait_for(lambda: user.get(health, timeout=5).status_code == 200, "S3 serves the files again")
    assert target.preview("--expect-no-changes").code == 0


def test_block_storage_goes_to_another_machine_when_its_users_have_stopped(target: CloudStack) -> None:
    target.set("nfs.machine", "worker-2")
    volume = list(target.records("block-storage"))
    result = target.up()
    assert result.code == 0, result.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == []
    assert target.instance("worker-2")["blockStorageVolumeIds"] == volume
    for path in (f"{FILES}/file", "/nfs-root/file"):
        assert target.on("worker-2", "cat", path).text == "kept\n"
    left = target.on("worker-1", "grep", "-rl", FILES, "/etc/systemd/system", "/etc/fstab", "/proc/mounts")
    assert left.text == "", "worker-1 would wait for it at its next start"
    assert target.nodes() == dict.fromkeys(ALL, "Ready Active")
    health = f"https://{target.address('manager-1')}:9000/health"
    with target.user() as user:
        wait_for(lambda: user.get(health, timeout=5).status_code == 200, "S3 serves the files from there")
    target.set("nfs.machine", "worker-1")
    back = target.up()
    assert back.code == 0, back.text
    assert target.instance("worker-1")["blockStorageVolumeIds"] == volume
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"


def test_after_all_that_nothing_is_left_to_change(target: CloudStack) -> None:
    previewed = target.preview("--expect-no-changes")
    assert previewed.code == 0, previewed.text


def test_block_storage_that_is_kept_is_taken_over_by_its_id_with_what_it_holds(target: CloudStack) -> None:
    target.set("volumes.retain_on_destroy", True)
    assert target.up().code == 0
    [volume] = target.records("block-storage")
    destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    assert list(target.records("block-storage")) == [volume]
    assert not any(target.records(kind) for kind in ("instance", "security-group", "elastic-ip", "private-network"))
    target.set("volumes.nfs.import_id", volume)
    target.set("volumes.retain_on_destroy", False)
    again = target.up()
    assert again.code == 0, again.text
    assert "nfs-volume imported" in again.text
    for options in ((), ("--refresh",)):
        quiet = target.preview("--expect-no-changes", *options)
        assert quiet.code == 0, quiet.text
    once_more = target.up("--expect-no-changes")
    assert once_more.code == 0, once_more.text
    assert list(target.records("block-storage")) == [volume]
    assert target.on("worker-1", "cat", "/nfs-root/file").text == "kept\n"


def test_destroy_leaves_nothing(target: CloudStack) -> None:
    result = target.destroy()
    assert result.code == 0, result.text
    assert target.leftovers() == []
