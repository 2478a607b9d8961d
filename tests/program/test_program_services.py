"""The services of a whole target: each is watched, bounded, placed, and waited for."""

from typing import Any

from components.machines.volume import FOLDER
from tests.program.expected_services import PROXIES, SERVICES, WITH_DATA
from tests.program.runs import run
from tests.support.configs import changed, existing, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program
from tests.support.rows import rows


def every(engine: FakePulumi) -> dict[str, Any]:
    """Inputs of the services, by their names."""
    found = [engine.inputs(name) for name, kind in engine.types.items() if kind == "docker:index/service:Service"]
    return {service["name"]: service for service in found}


def services(engine: FakePulumi) -> dict[str, Any]:
    """Those that run."""
    return {name: one for name, one in every(engine).items() if one["mode"] != {"replicated": {"replicas": 0}}}


def container(service: Any) -> Any:
    return service["taskSpec"]["containerSpec"]


def mounts(service: Any) -> list[Any]:
    """What its containers see of their machine."""
    return [one for one in container(service)["mounts"] if one["type"] != "tmpfs"]


def constraints(service: Any) -> list[str]:
    found: list[str] = service["taskSpec"]["placement"].get("constraints", [])
    return found


def test_target_has_the_expected_services(dev: Program) -> None:
    assert set(services(dev.engine)) == set(SERVICES), "add a row to tests/program/expected_services.py"
    assert set(every(dev.engine)) - set(SERVICES) == {"nuvla-swarm-ports"}


def test_image_pull_supplies_the_digest_of_its_service(dev: Program) -> None:
    found = services(dev.engine)
    pulls = [name for name in dev.engine.types if name.endswith("-image-pull")]
    assert len(pulls) == len({container(service)["image"] for service in found.values()})
    for pull in pulls:
        service = found[dev.engine.parameters(pull)["SERVICE"]]
        assert container(service)["image"] == f"STDOUT:{pull}"


def test_every_service_has_a_health_check(dev: Program) -> None:
    for name, service in services(dev.engine).items():
        check = container(service)["healthcheck"]
        assert check["tests"][0] == "CMD", name
        assert len(check["tests"]) > 2, name
        assert {"interval", "timeout"} <= set(check), name
        assert "startPeriod" not in check, "within it, engines from 25 on let 5 s pass before each check"
        assert check["retries"] >= 1, name


def test_every_service_has_a_memory_reservation_below_its_limit(dev: Program) -> None:
    for name, service in services(dev.engine).items():
        resources = service["taskSpec"]["resources"]
        limit, kept = resources["limits"]["memoryBytes"], resources["reservation"]["memoryBytes"]
        assert 0 < kept < limit <= 2**30, name


def test_memory_reservations_fit_three_small_machines(dev: Program) -> None:
    """What is reserved, on three machines together."""
    kept = {name: service["taskSpec"]["resources"]["reservation"] for name, service in services(dev.engine).items()}
    machines = {"socket-proxy-worker": 2, "node-exporter": 3, "cadvisor": 3}
    assert sum(one["memoryBytes"] * machines.get(name, 1) for name, one in kept.items()) <= 3 * 2**30


def test_services_update_one_by_one_and_roll_back(dev: Program) -> None:
    for name, service in services(dev.engine).items():
        update, rollback = service["updateConfig"], service["rollbackConfig"]
        assert (update["parallelism"], update["failureAction"]) == (1, "rollback"), name
        assert (rollback["parallelism"], rollback["failureAction"]) == (1, "pause"), name
        assert service["taskSpec"]["restartPolicy"]["condition"] == "any", name


@rows("machine", ["manager-1", "worker-1"])
def test_services_with_data_run_on_the_machine_of_their_data(machine: str) -> None:
    """The proxies have none: what is on their volume is made by each of them."""
    engine = run(target(workers=1, nfs={"machine": machine}, monitoring={"machine": machine})).engine
    with_data = set()
    for name, service in services(engine).items():
        if "replicated" in service["mode"] and [one for one in mounts(service) if not one["readOnly"]]:
            with_data.add(name)
            assert constraints(service) == [f"node.labels.nuvla-swarm.machine=={machine}"], name
            assert service["mode"]["replicated"]["replicas"] == 1, name
            assert service["updateConfig"]["order"] == "stop-first" or name == "s3", name
    assert with_data == set(WITH_DATA)


def test_data_folders_belong_to_one_service_each(dev: Program) -> None:
    users: dict[str, set[str]] = {}
    for name, service in services(dev.engine).items():
        for mount in mounts(service):
            if mount["type"] == "volume" or not mount["readOnly"]:
                users.setdefault(mount["source"], set()).add(name)
    assert users == {
        "/nfs-root": {"s3", "s3-gateway"},
        "s3-sockets": {"s3", "s3-gateway"},
        **{f"{FOLDER}/{data}": {name} for name, data in WITH_DATA.items() if data != "nfs"},
        "docker-proxy": PROXIES | {"cadvisor", "traefik"},
    }


def test_services_of_all_machines_are_global(dev: Program) -> None:
    everywhere = {name: constraints(one) for name, one in services(dev.engine).items() if "global" in one["mode"]}
    assert everywhere == {
        "socket-proxy": ["node.role==manager"],
        "socket-proxy-worker": ["node.role==worker"],
        "traefik": ["node.role==manager"],
        "node-exporter": ["node.platform.os==linux"],
        "cadvisor": ["node.platform.os==linux"],
    }


def test_every_service_is_awaited_by_its_stack(dev: Program) -> None:
    engine = dev.engine
    waited = {
        name: set(engine.parameters(name)["SERVICES"].strip("'").split())
        for name in engine.types
        if name.endswith("-converged")
    }
    expected: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        expected.setdefault(f"{service.stack}-converged", set()).add(name)
    assert waited == expected


def test_drained_workers_run_no_awaited_services() -> None:
    drained = changed(target(workers=1), "machines.pools.worker.availability", "drain")
    assert PROXIES & set(services(run(drained).engine)) == {"socket-proxy"}
    assert "worker-1-membership-active" not in run(drained).engine.dependencies("socket-proxy-converged")
    assert "worker-1-membership-active" in run(target(workers=1)).engine.dependencies("socket-proxy-converged")


def test_services_start_after_their_data_folder(dev: Program) -> None:
    for name in (name for name, data in WITH_DATA.items() if data != "nfs"):
        before = {one for outer in dev.engine.ancestors(f"{name}-service") for one in dev.engine.dependencies(outer)}
        assert f"{WITH_DATA[name]}-data-folder" in before


def test_s3_starts_after_the_nfs_server(dev: Program) -> None:
    before = {name for one in dev.engine.ancestors("s3-service") for name in dev.engine.dependencies(one)}
    assert "nfs-server" in before


@rows("name", ["manager-1", "worker-2"])
def test_machine_joins_after_its_firewall_and_nfs_access(dev: Program, name: str) -> None:
    before = dev.engine.dependencies(f"{name}-membership-join")
    assert {f"firewall-{name}", f"nfs-entry-{name}", f"{name}-engine-configure"} <= before


def test_machine_joins_without_nfs() -> None:
    engine = run(target(workers=1, nfs={"enabled": False}, s3={"enabled": False})).engine
    before = engine.dependencies("worker-1-membership-join")
    assert "firewall-worker-1" in before
    assert not [name for name in before if name.startswith("nfs")]


def test_services_restart_when_their_data_move_to_another_volume() -> None:
    """A container keeps what was mounted when it was started, and Swarm sees no change."""
    engine = run(target(domain="example.org", traefik={"acme": {"email": "a@example.org"}})).engine
    told = {
        name: engine.inputs(name)["taskSpec"]["containerSpec"]["env"]["NUVLA_SWARM_DATA"]
        for name in engine.types
        if "NUVLA_SWARM_DATA" in str(engine.inputs(name).get("taskSpec", {}))
    }
    folder = "/var/lib/nuvla-swarm/volumes"
    data = WITH_DATA | {"traefik": "traefik"}
    assert told == {
        f"{service}-service": f"{folder}/{name}={engine.outputs[f'{name}-volume']['name']}"
        for service, name in data.items()
    }


def test_services_restart_when_their_folder_changes() -> None:
    before, after = (
        run(document, secrets=secrets_for(document)).engine
        for document in (existing(), changed(existing(), "volumes.nfs.path", "/srv/files"))
    )
    assert before.inputs("s3-service") != after.inputs("s3-service")
