"""components/machines/local/container.py: containers that behave as machines."""

from components.machines.local.container import CAPABILITIES
from tests.support.fake_pulumi import FakePulumi
from tests.support.local import MARK, cluster
from tests.support.pulumi_run import value

FORBIDDEN = {"CAP_SYS_TIME", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_BOOT"}


def test_machine_is_a_container_that_runs_like_a_host(fake_pulumi: FakePulumi) -> None:
    cluster()
    container = fake_pulumi.inputs("worker-2")
    assert container["name"] == "nuvla-swarm-test-worker-2"
    assert container["hostname"] == "worker-2"
    assert container["image"] == "machine:dev"
    assert container["restart"] == "unless-stopped"
    assert container["stopSignal"] == "SIGRTMIN+3"
    assert container["envs"] == ["container=docker"]
    assert set(container["tmpfs"]) == {"/run", "/tmp"}
    assert container["labels"] == MARK


def test_host_key_is_generated_uploaded_as_a_secret_and_pinned(fake_pulumi: FakePulumi) -> None:
    made = cluster()
    assert fake_pulumi.is_secret("worker-1", "uploads")
    uploads = {upload["file"]: upload for upload in fake_pulumi.inputs("worker-1")["uploads"]}
    assert uploads["/etc/ssh/ssh_host_ed25519_key"]["content"] == "PRIVATE-KEY-OPENSSH:worker-1-host-key"
    assert {upload["permissions"] for upload in uploads.values()} == {"0600"}
    assert "worker-1-host-key" in fake_pulumi.dependencies("worker-1")
    assert value(made.machines["worker-1"].host_key) == "ssh-ed25519 worker-1-host-key"


def test_recreated_container_keeps_its_disk(fake_pulumi: FakePulumi) -> None:
    worker = cluster().machines["worker-1"]
    assert value(worker.system_generation) == "worker-1-id"
    assert value(worker.data_generation) == "worker-1-disk-id"
    assert fake_pulumi.options["worker-1"].deleteBeforeReplace


def test_privileged_machine_has_its_own_control_groups(fake_pulumi: FakePulumi) -> None:
    cluster(privileged=True)
    container = fake_pulumi.inputs("worker-1")
    assert container["privileged"] is True
    assert container["cgroupnsMode"] == "private"
    assert not {"capabilities", "securityOpts", "deviceCgroupRules", "mounts"} & set(container)


def test_unprivileged_machine_has_listed_capabilities_and_the_hosts_control_groups(
    fake_pulumi: FakePulumi,
) -> None:
    cluster(privileged=False)
    container = fake_pulumi.inputs("worker-1")
    assert "privileged" not in container
    assert container["capabilities"]["drops"] == ["ALL"]
    assert {"CAP_SYS_ADMIN", "CAP_NET_ADMIN"} <= set(container["capabilities"]["adds"])
    assert not FORBIDDEN & set(container["capabilities"]["adds"])
    assert container["securityOpts"] == ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"]
    assert container["cgroupnsMode"] == "host"
    assert container["mounts"] == [{"type": "bind", "source": "/sys/fs/cgroup", "target": "/sys/fs/cgroup"}]


def test_capabilities_have_the_names_and_order_of_the_engine() -> None:
    """Otherwise the refresh of `make up` would report a change of every machine."""
    assert sorted(CAPABILITIES) == CAPABILITIES
    assert all(name.startswith("CAP_") for name in CAPABILITIES)
