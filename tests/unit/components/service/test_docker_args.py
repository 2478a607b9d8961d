"""components/service/docker_args.py: the arguments of the Docker provider for a service."""

from typing import Any

import pulumi_docker as docker

from components import assets
from components.service import docker_args
from components.service.spec import HealthCheck, Mount, Port
from tests.support.builders import network, service
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start

MARKS = {"mark": "m", "another": "n"}


def registered(fake_pulumi: FakePulumi, **changed: Any) -> Any:
    """Return the inputs of the service that the arguments create."""

    def make() -> None:
        wanted = service(networks=[network("one"), network("two")], **changed)
        configs = [docker.ServiceConfig(f"config-{file.name}", data_raw=file.content) for file in wanted.files]
        secrets = [docker.Secret(f"secret-{secret.name}", data=secret.content) for secret in wanted.secrets]
        docker.Service("web", docker_args.to_docker_service_args(wanted, MARKS, configs, secrets))

    build(make)
    return fake_pulumi.inputs("web")


def container(fake_pulumi: FakePulumi, **changed: Any) -> Any:
    return registered(fake_pulumi, **changed)["taskSpec"]["containerSpec"]


def test_name_image_and_command_are_set(fake_pulumi: FakePulumi) -> None:
    inputs = registered(fake_pulumi)
    assert inputs["name"] == "web"
    assert inputs["taskSpec"]["containerSpec"]["image"] == "web:1"
    assert inputs["taskSpec"]["containerSpec"]["args"] == ["--quick"]
    assert inputs["taskSpec"]["containerSpec"]["commands"] == ["run"]


def test_empty_command_env_and_user_are_left_to_the_image(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi, command=(), env={}, user=None, ports=())
    assert not {"commands", "env", "user"} & set(inputs)


def test_variables_and_user_are_set(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    assert inputs["env"] == {"HOME": "/", "MODE": "fast", "NUVLA_SWARM_PORTS": "80:8000/tcp"}
    assert inputs["user"] == "1000:1000"


def test_only_given_capabilities_are_kept(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi, capabilities=["CAP_SYS_TIME", "CAP_NET_BIND_SERVICE"])
    assert (inputs["capDrops"], inputs["capAdds"]) == (["ALL"], ["CAP_NET_BIND_SERVICE", "CAP_SYS_TIME"])


def test_all_capabilities_are_dropped_by_default(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    assert (inputs["capDrops"], inputs.get("capAdds")) == (["ALL"], None)
    assert [mount["target"] for mount in inputs["mounts"]] == ["/data", "/tmp"]


def test_root_filesystem_is_read_only_unless_disabled() -> None:
    assert container(start())["readOnly"] is True
    assert container(start(), read_only=False)["readOnly"] is False


def test_temporary_folders_are_bounded_tmpfs_mounts(fake_pulumi: FakePulumi) -> None:
    options = {"sizeBytes": 64 * 1024 * 1024, "mode": 0o777}
    mounts = container(fake_pulumi, mounts=[], temporary=["/tmp", "/var/cache"])["mounts"]
    assert mounts == [{"type": "tmpfs", "target": folder, "tmpfsOptions": options} for folder in ("/tmp", "/var/cache")]


def test_replica_count_makes_a_replicated_service(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi, replicas=3)["mode"] == {"replicated": {"replicas": 3}}


def test_missing_replica_count_makes_a_global_service(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi, replicas=None)["mode"] == {"global": True}


def test_service_labels_are_sorted_with_those_of_the_stack(fake_pulumi: FakePulumi) -> None:
    labels = [(label["label"], label["value"]) for label in registered(fake_pulumi)["labels"]]
    assert labels == [("a", "2"), ("another", "n"), ("mark", "m"), ("z", "1")]


def test_container_labels_are_those_of_the_stack_alone(fake_pulumi: FakePulumi) -> None:
    """With other labels the provider would remove the service and create it again."""
    ports = [Port(published=443, target=1)]
    labels = [(label["label"], label["value"]) for label in container(fake_pulumi, ports=ports)["labels"]]
    assert labels == [("another", "n"), ("mark", "m")]


def test_changed_ports_change_the_container(fake_pulumi: FakePulumi) -> None:
    """Swarm would otherwise keep the old container when the placement changes too."""
    ports = [Port(published=443, target=1), Port(published=80, target=2, protocol="udp")]
    assert container(fake_pulumi, ports=ports)["env"]["NUVLA_SWARM_PORTS"] == "443:1/tcp 80:2/udp"


def test_constraints_and_ports_are_sorted(fake_pulumi: FakePulumi) -> None:
    ports = [Port(published=443, target=1), Port(published=80, target=2, protocol="udp"), Port(published=80, target=3)]
    constraints = ["b==1", "a==1"]
    inputs = registered(fake_pulumi, ports=ports, constraints=constraints)
    assert [(p["publishedPort"], p["protocol"]) for p in inputs["endpointSpec"]["ports"]] == [
        (80, "tcp"),
        (80, "udp"),
        (443, "tcp"),
    ]
    assert inputs["taskSpec"]["placement"]["constraints"] == ["a==1", "b==1"]


def test_unconstrained_service_has_an_explicit_placement(fake_pulumi: FakePulumi) -> None:
    """Docker fills in an empty placement, which the provider would report as a change at each update."""
    placement = registered(fake_pulumi, constraints=())["taskSpec"]["placement"]
    assert placement == {"constraints": ["node.platform.os==linux"]}


def test_ports_are_published_in_host_mode(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["endpointSpec"]["ports"] == [
        {"publishedPort": 80, "targetPort": 8000, "protocol": "tcp", "publishMode": "host"}
    ]


def test_service_name_resolves_to_its_tasks(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["endpointSpec"]["mode"] == "dnsrr"


def test_update_order_is_start_first_if_tasks_can_run_side_by_side() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"ports": (), "mounts": ()}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="data", target="/a", read_only=True)]}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="/a", target="/a", type="bind", shared=True)]}, "start-first"),
        ({"ports": (), "mounts": [Mount(source="/a", target="/a", type="bind")]}, "stop-first"),
        ({"ports": (), "mounts": [Mount(source="data", target="/a")]}, "stop-first"),
        ({"ports": [Port(published=80, target=80)], "mounts": ()}, "stop-first"),
        ({"ports": (), "mounts": (), "replicas": None}, "stop-first"),
    ]
    for changed, order in cases:
        inputs = registered(start(), **changed)
        assert (inputs["updateConfig"]["order"], inputs["rollbackConfig"]["order"]) == (order, order), changed


def test_update_replaces_one_task_at_a_time_and_rolls_back(fake_pulumi: FakePulumi) -> None:
    inputs = registered(fake_pulumi)
    assert (inputs["updateConfig"]["parallelism"], inputs["updateConfig"]["failureAction"]) == (1, "rollback")
    assert inputs["updateConfig"]["monitor"] == inputs["rollbackConfig"]["monitor"] == "1s"
    assert (inputs["rollbackConfig"]["parallelism"], inputs["rollbackConfig"]["failureAction"]) == (1, "pause")


def test_ended_container_is_restarted(fake_pulumi: FakePulumi) -> None:
    assert registered(fake_pulumi)["taskSpec"]["restartPolicy"]["condition"] == "any"


def test_memory_reservation_is_a_quarter_of_the_limit(fake_pulumi: FakePulumi) -> None:
    resources = registered(fake_pulumi, memory_limit_mib=513)["taskSpec"]["resources"]
    assert resources == {"limits": {"memoryBytes": 537919488}, "reservation": {"memoryBytes": 134479872}}


def test_health_check_is_a_command_with_its_times(fake_pulumi: FakePulumi) -> None:
    check = HealthCheck(command=["a", "b"], interval_s=1, pause_s=7, timeout_s=2, retries=3, start_period_s=4)
    assert container(fake_pulumi, health=check)["healthcheck"] == {
        "tests": ["CMD", "/bin/sh", "-c", assets.read("service/files/health.sh"), "health", "4", "7", "2", "a", "b"],
        "interval": "1s",
        "timeout": "14s",
        "retries": 3,
    }


def test_files_are_public_and_secrets_belong_to_the_user(fake_pulumi: FakePulumi) -> None:
    inputs = container(fake_pulumi)
    (file,), (secret,) = inputs["configs"], inputs["secrets"]
    assert (file["fileName"], file["fileMode"], file["configName"]) == ("/etc/main.yaml", 0o444, "config-main-0123456")
    assert (secret["fileName"], secret["fileMode"], secret["secretName"]) == ("word", 0o400, "secret-word-0123456")
    assert secret["fileUid"] == "1000"
    assert file["configId"].startswith("config-main-id")
    assert secret["secretId"].startswith("secret-word-id")


def test_mounts_are_writable_unless_read_only(fake_pulumi: FakePulumi) -> None:
    mounts = [Mount(source="data", target="/a"), Mount(source="/s", target="/b", type="bind", read_only=True)]
    assert container(fake_pulumi, mounts=mounts, temporary=())["mounts"] == [
        {"type": "volume", "source": "data", "target": "/a", "readOnly": False},
        {"type": "bind", "source": "/s", "target": "/b", "readOnly": True},
    ]


def test_networks_are_attached_by_id(fake_pulumi: FakePulumi) -> None:
    ids = [on["id"] for on in registered(fake_pulumi)["taskSpec"]["networksAdvanceds"]]
    assert [one.split("-id")[0] for one in ids] == ["one-network", "two-network"]


def test_stop_grace_period_is_set(fake_pulumi: FakePulumi) -> None:
    assert container(fake_pulumi, stop_grace_s=30)["stopGracePeriod"] == "30s"


def test_duration_is_written_as_the_provider_reads_it() -> None:
    texts = {0: "0s", 59: "59s", 60: "1m", 61: "1m1s", 120: "2m"}
    assert {seconds: docker_args.duration(seconds) for seconds in texts} == texts
