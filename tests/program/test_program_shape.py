"""The whole program: what it registers, under whom, with which provider, and what goes with the machines."""

import re

from components.kept_outputs import SUFFIX
from tests.program.runs import run
from tests.program.snapshot import FOLDER, PROGRAMS, tree
from tests.support.configs import changed, excepted, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program
from tests.support.rows import rows

CLUSTER = "cluster"
ONLY_IN_STATE = ("tls:", "random:", "pulumi:")  # nothing of them is on a machine


@rows("title", PROGRAMS)
def test_resources_match_the_snapshot(title: str) -> None:
    text = tree(run(PROGRAMS[title]).engine)
    assert text == (FOLDER / f"{title}.txt").read_text(encoding="utf-8"), "run `python -m tests.program.snapshot`"


def test_every_program_has_a_snapshot_file() -> None:
    examples = {"exoscale-host", "exoscale-target"}  # in test_program_exoscale.py
    files = {path.stem for path in FOLDER.iterdir()}
    assert files == set(PROGRAMS) | examples, "run `python -m tests.program.snapshot`; remove files without a program"


@rows("title", PROGRAMS)
def test_first_preview_matches_the_snapshot(title: str) -> None:
    preview = run(PROGRAMS[title], preview=True)
    text = tree(preview.engine)
    assert text == (FOLDER / f"{title}.txt").read_text(encoding="utf-8"), "make no resource inside of an apply"
    assert preview.engine.components() <= preview.engine.finished


@rows("title", PROGRAMS)
def test_every_component_registers_its_outputs(title: str) -> None:
    program = run(PROGRAMS[title])
    assert program.engine.components() <= program.engine.finished


@rows("title", PROGRAMS)
def test_component_types_have_three_parts(title: str) -> None:
    program = run(PROGRAMS[title])
    for name in program.engine.components():
        assert re.fullmatch(r"nuvla:[a-z0-9]+:[A-Z][A-Za-z0-9]+", program.engine.types[name])


@rows("title", PROGRAMS)
def test_every_component_has_children(title: str) -> None:
    program = run(PROGRAMS[title])
    assert all(program.engine.children(name) for name in program.engine.components())


@rows("title", PROGRAMS)
def test_every_resource_is_the_child_of_a_component(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    orphans = {name for name in engine.options if engine.parent(name) not in engine.components()}
    assert orphans - engine.components() == {"local-engine", "swarm-engine", "kind", "infrastructure"}


@rows("title", PROGRAMS)
def test_children_are_named_after_their_component_machine_or_service(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    for name in engine.options:
        parent = engine.parent(name)
        allowed = {parent}
        if parent == CLUSTER:
            allowed |= {*program.outputs["machines"], *program.outputs["volumes"]}
        elif engine.types.get(parent) == "nuvla:service:ServiceStack":
            services = [
                child for child in engine.children(parent) if engine.types[child] == "docker:index/service:Service"
            ]
            allowed |= {str(engine.inputs(service)["name"]) for service in services}
        if parent in engine.components():
            assert name in allowed or name.startswith(tuple(f"{one}-" for one in allowed)), name


@rows("title", PROGRAMS)
def test_resources_inside_machines_are_deleted_with_them(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    # What runs on a machine goes with that one, and what is about its membership with its disk.
    parts = {name for name in engine.children(CLUSTER) if engine.types[name].startswith("docker:")}
    for name, kind in engine.types.items():
        machines_own = CLUSTER in engine.ancestors(name)
        if name.endswith(SUFFIX):
            assert engine.deleted_with(name) == engine.deleted_with(engine.parent(name)), name
        elif kind.startswith(ONLY_IN_STATE) or machines_own or name in made_up(engine):
            assert engine.deleted_with(name) == "", name
        else:
            assert engine.deleted_with(name) in {CLUSTER, *parts}, name


def made_up(engine: FakePulumi) -> set[str]:
    """The components that have nothing outside of the state."""
    return {
        name
        for name in engine.components()
        if all(engine.types[child].startswith(ONLY_IN_STATE) for child in engine.children(name))
    }


def test_only_keys_certificates_and_logins_live_in_the_state_alone(dev: Program) -> None:
    assert made_up(dev.engine) == {
        "certificates",
        "traefik-certificate",
        "prometheus-login",
        "grafana-login",
        "traefik-metrics-login",
        "s3-key",
    }


@rows("title", PROGRAMS)
def test_docker_resources_have_explicit_providers(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    for name, kind in engine.types.items():
        if kind.startswith("docker:"):
            expected = "local-engine" if CLUSTER in engine.ancestors(name) else "swarm-engine"
            assert engine.provider(name) == expected, name


@rows("title", PROGRAMS)
def test_docker_providers_connect_lazily(title: str) -> None:
    program = run(PROGRAMS[title])
    for name in ("local-engine", "swarm-engine"):
        assert program.engine.inputs(name)["disableDockerDaemonCheck"] in (True, "true")


def test_swarm_provider_uses_the_api_manager_and_the_program_certificate(dev: Program) -> None:
    provider = dev.engine.inputs("swarm-engine")
    assert provider["host"] == dev.outputs["docker"]["endpoint"].replace("https://", "tcp://")
    assert provider["host"] == f"tcp://{dev.outputs['machines']['manager-1']['public_address']}:2376"
    assert dev.engine.is_secret("swarm-engine", "keyMaterial")
    assert {urn.rpartition("::")[2] for urn in _depends_on(dev.engine, "swarm-engine", "certMaterial")} == {
        "certificates-program-cert"
    }


def test_component_inputs_are_known_and_plain_in_the_first_preview() -> None:
    engine = run(target(), preview=True).engine
    for name in engine.components():
        assert engine.given[name] == engine.inputs(name), name
        assert "Unknown object" not in repr(engine.given[name]), name


@rows("title", PROGRAMS)
def test_docker_resources_carry_the_stack_labels(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    marks = [
        {"label": "io.nuvla.swarm.stack", "value": "nuvla-swarm/test"},
        {"label": "io.nuvla.swarm.id", "value": "OUTPUT:infrastructure"},
    ]
    docker = [name for name, kind in engine.types.items() if kind.startswith("docker:")]
    for mark in marks:
        assert [name for name in docker if mark not in engine.inputs(name)["labels"]] == []


@rows("title", PROGRAMS)
def test_commands_have_secret_connections_and_no_arguments_or_environment(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    for name, kind in engine.types.items():
        if kind == "command:remote:Command":
            assert re.fullmatch(r"bash -s --( [a-z]+)?\s*", engine.inputs(name)["create"]), name
            assert "environment" not in engine.inputs(name), name
            assert engine.is_secret(name, "connection"), name
            assert engine.inputs(name)["connection"]["privateKey"] == "PRIVATE-KEY-OPENSSH:cluster-login-key", name


@rows("title", PROGRAMS)
def test_commands_pin_the_host_key_of_their_machine(title: str) -> None:
    program = run(PROGRAMS[title])
    machines = program.outputs["machines"].items()
    host_keys = {machine["public_address"]: f"ssh-ed25519 {name}-host-key" for name, machine in machines}
    for name, kind in program.engine.types.items():
        if kind == "command:remote:Command":
            connection = program.engine.inputs(name)["connection"]
            assert connection["hostKey"] == host_keys[connection["host"]], name


def test_engine_of_a_demoted_manager_restarts_beside_no_other_manager() -> None:
    """Its vote is taken later, so that it counts in the quorum while it restarts."""
    before = changed(target(managers=3), "swarm.api_manager", "manager-1")
    pools = {"manager": {"role": "manager"}, "more": {"role": "manager", "count": 2}}
    before = changed(before, "machines.pools", pools) | {
        "nfs": {"machine": "manager-1"},
        "monitoring": {"machine": "manager-1"},
    }
    state = run(before).engine.state_after()
    after = excepted(changed(before, "machines.pools.more.role", "worker"), "manager-majority")
    engine = run(after, state=state).engine
    assert "more-1-engine-configure" in engine.dependencies("more-2-engine-configure")
    assert "more-2-engine-configure" in engine.dependencies("manager-1-engine-configure")


@rows("title", PROGRAMS)
def test_managers_have_server_certificates_and_workers_have_none(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    for name, machine in program.outputs["machines"].items():
        script = engine.script(f"{name}-engine-configure")
        manager = machine["role"] == "manager"
        assert (f"TLS_KEY=PRIVATE-KEY-PEM:certificates-{name}-key\n" in script) is manager
        assert (f"TLS_CERT=SIGNED-PEM:certificates-{name}-cert\n" in script) is manager


def _depends_on(engine: FakePulumi, name: str, key: str) -> list[str]:
    return list(engine.options[name].propertyDependencies[key].urns)
