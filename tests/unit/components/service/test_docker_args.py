"""components/service/docker_args.py: a service as the Docker provider wants it."""

from typing import Any

import pulumi_docker as docker
import pytest

from components import assets
from components.service import docker_args
from components.service.spec import HealthCheck, Mount, Port
from tests.support.builders import network, service
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

MARKS = {"mark": "m", "another": "n"}


def registered(fake_pulumi: FakePulumi, **changed: Any) -> Any:
    """Inputs of the service that the arguments make."""

    def make() -> None:
        wanted = service(networks=[network("one"), network("two")], **changed)
        configs = [docker.ServiceConfig(f"config-{file.name}", data_raw=file.content) for file in wanted.files]
        secrets = [docker.Secret(f"secret-{secret.name}", data=secret.content) for secret in wanted.secrets]
        docker.Service("web", docker_args.service(wanted, MARKS, configs, secrets))

    build(make)
    return fake_pulumi.inputs("web")


def container(fake_pulumi: FakePulumi, **changed: Any) -> Any:
    return registered(fake_pulumi, **changed)["taskSpec"]["containerSpec"]


def test_it_has_its_name_and_image(fake_pulumi: FakePulumi) -> None:
    inputs = registered(fake_pulumi)
    assert inputs["name"] == "web"
    assert inputs["taskSpec"]["containerSpec"]["image"] == "web:1"
    assert inputs["taskSpec"]["containerSpec"]["args"] == ["--quick"]
    assert inputs["taskSpec"]["containerSpec"]["commands"] == ["run"]


def test_the_image_decides_what_is_not_said(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi, command=(), env={}, user=None, ports=())
    assert not {"commands", "env", "user"} & set(inputs)


def test_it_runs_with_its_variables_as_its_user(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    assert inputs["env"] == {"HOME": "/", "MODE": "fast", "NUVLA_SWARM_PORTS": "80:8000/tcp"}
    assert inputs["user"] == "1000:1000"


def test_it_has_none_of_the_kernels_capabilities_but_those_that_it_is_given(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi, capabilities=["CAP_SYS_TIME", "CAP_NET_BIND_SERVICE"])
    assert (inputs["capDrops"], inputs["capAdds"]) == (["ALL"], ["CAP_NET_BIND_SERVICE", "CAP_SYS_TIME"])


def test_it_has_no_capability_by_itself(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    assert (inputs["capDrops"], inputs.get("capAdds")) == (["ALL"], None)
    assert [mount["target"] for mount in inputs["mounts"]] == ["/data", "/tmp"]


@pytest.mark.parametrize(("changed", "read_only"), [({}, True), ({"read_only": False}, False)])
def test_what_it_is_made_of_cannot_be_written_to(
    fake_pulumi: FakePulumi, changed: dict[str, bool], read_only: bool
) -> None:
    assert container(fake_pulumi, **changed)["readOnly"] is read_only


def test_its_temporary_files_are_in_memory_and_bounded(fake_pulumi: FakePulumi) -> None:
    options = {"sizeBytes": 64 * 1024 * 1024, "mode": 0o777}
    mounts = container(fake_pulumi, mounts=[], temporary=["/tmp", "/var/cache"])["mounts"]
    assert mounts == [{"type": "tmpfs", "target": folder, "tmpfsOptions": options} for folder in ("/tmp", "/var/cache")]


def test_a_number_of_replicas_is_replicated(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi, replicas=3)["mode"] == {"replicated": {"replicas": 3}}


def test_no_number_is_one_on_each_machine(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi, replicas=None)["mode"] == {"global": True}


def test_labels_are_sorted_and_stand_beside_those_of_the_stack(fake_pulumi: FakePulumi) -> None:
    labels = [(label["label"], label["value"]) for label in registered(fake_pulumi)["labels"]]
    assert labels == [("a", "2"), ("another", "n"), ("mark", "m"), ("z", "1")]


def test_containers_have_the_labels_of_the_stack_only(fake_pulumi: FakePulumi) -> None:
    """Another one would replace the service: the provider removes it first."""
    ports = [Port(published=443, target=1)]
    labels = [(label["label"], label["value"]) for label in container(fake_pulumi, ports=ports)["labels"]]
    assert labels == [("another", "n"), ("mark", "m")]


def test_other_ports_are_another_container(fake_pulumi: FakePulumi) -> None:
    """Swarm alone would keep the old one if its placement changes too."""
    ports = [Port(published=443, target=1), Port(published=80, target=2, protocol="udp")]
    assert container(fake_pulumi, ports=ports)["env"]["NUVLA_SWARM_PORTS"] == "443:1/tcp 80:2/udp"


def test_the_order_of_constraints_labels_and_ports_does_not_matter(fake_pulumi: FakePulumi) -> None:
    ports = [Port(published=443, target=1), Port(published=80, target=2, protocol="udp"), Port(published=80, target=3)]
    constraints = ["b==1", "a==1"]
    inputs = registered(fake_pulumi, ports=ports, constraints=constraints)
    assert [(p["publishedPort"], p["protocol"]) for p in inputs["endpointSpec"]["ports"]] == [
        (80, "tcp"),
        (80, "udp"),
        (443, "tcp"),
    ]
    assert inputs["taskSpec"]["placement"]["constraints"] == ["a==1", "b==1"]


def test_a_service_for_all_machines_is_placed_too(fake_pulumi: FakePulumi) -> None:
    """Docker would fill in an empty placement, and the provider would call that a change each time."""
    placement = registered(fake_pulumi, constraints=())["taskSpec"]["placement"]
    assert placement == {"constraints": ["node.platform.os==linux"]}


def test_ports_are_open_on_the_machine_itself(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["endpointSpec"]["ports"] == [
        {"publishedPort": 80, "targetPort": 8000, "protocol": "tcp", "publishMode": "host"}
    ]


def test_names_stand_for_the_tasks_without_a_virtual_address(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["endpointSpec"]["mode"] == "dnsrr"


@pytest.mark.parametrize(
    ("changed", "order"),
    [
        ({"ports": (), "mounts": ()}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="data", target="/a", read_only=True)]}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="/a", target="/a", type="bind", shared=True)]}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="/a", target="/a", type="bind")]}, "stop-first"),
        ({"ports": (), "mounts": [Mount(source="data", target="/a")]}, "stop-first"),
        ({"ports": [Port(published=80, target=80)], "mounts": ()}, "stop-first"),
        ({"ports": (), "mounts": (), "replicas": None}, "stop-first"),
    ],
)
def test_a_task_starts_beside_the_old_one_where_both_have_room(
    fake_pulumi: FakePulumi, changed: dict[str, Any], order: str
) -> None:
    inputs = registered(fake_pulumi, **changed)
    assert (inputs["updateConfig"]["order"], inputs["rollbackConfig"]["order"]) == (order, order)


def test_an_update_goes_one_by_one_and_is_rolled_back_if_it_fails(fake_pulumi: FakePulumi) -> None:
    inputs = registered(fake_pulumi)
    assert (inputs["updateConfig"]["parallelism"], inputs["updateConfig"]["failureAction"]) == (1, "rollback")
    assert inputs["updateConfig"]["monitor"] == inputs["rollbackConfig"]["monitor"] == "1s"
    assert (inputs["rollbackConfig"]["parallelism"], inputs["rollbackConfig"]["failureAction"]) == (1, "pause")


def test_a_container_that_ends_is_started_again(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["taskSpec"]["restartPolicy"]["condition"] == "any"


def test_memory_is_given_in_bytes_and_a_quarter_of_it_is_kept(fake_pulumi: FakePulumi) -> None:
    resources = registered(fake_pulumi, memory_limit_mib=513)["taskSpec"]["resources"]
    assert resources == {"limits": {"memoryBytes": 537919488}, "reservation": {"memoryBytes": 134479872}}


def test_health_is_a_command_and_its_times(fake_pulumi: FakePulumi) -> None:
    check = HealthCheck(command=["a", "b"], interval_s=1, pause_s=7, timeout_s=2, retries=3, start_period_s=4)
    assert container(fake_pulumi, health=check)["healthcheck"] == {
        "tests": ["CMD", "/bin/sh", "-c", assets.read("service/files/health.sh"), "health", "7", "2", "a", "b"],
        "interval": "1s",
        "timeout": "14s",
        "retries": 3,
        "startPeriod": "4s",
    }


def test_files_are_readable_by_all_and_secrets_by_the_services_user_alone(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    (file,), (secret,) = inputs["configs"], inputs["secrets"]
    assert (file["fileName"], file["fileMode"], file["configName"]) == ("/etc/main.yaml", 0o444, "config-main-0123456")
    assert (secret["fileName"], secret["fileMode"], secret["secretName"]) == ("word", 0o400, "secret-word-0123456")
    assert secret["fileUid"] == "1000"
    assert file["configId"].startswith("config-main-id")
    assert secret["secretId"].startswith("secret-word-id")


def test_mounts_are_writable_unless_said_otherwise(fake_pulumi: FakePulumi) -> None:
    mounts = [Mount(source="data", target="/a"), Mount(source="/s", target="/b", type="bind", read_only=True)]
    assert container(fake_pulumi, mounts=mounts, temporary=())["mounts"] == [
        {"type": "volume", "source": "data", "target": "/a", "readOnly": False},
        {"type": "bind", "source": "/s", "target": "/b", "readOnly": True},
    ]


def test_it_is_on_its_networks(fake_pulumi: FakePulumi) -> None:
    ids = [on["id"] for on in registered(fake_pulumi)["taskSpec"]["networksAdvanceds"]]
    assert [one.split("-id")[0] for one in ids] == ["one-network", "two-network"]


def test_a_container_has_time_to_stop(fake_pulumi: FakePulumi) -> None:
    assert container(fake_pulumi, stop_grace_s=30)["stopGracePeriod"] == "30s"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (61, "1m1s"), (120, "2m")])
def test_a_time_is_written_as_the_provider_reads_it_back(seconds: int, text: str) -> None:
    assert docker_args.duration(seconds) == text
