"""Settings of every machine: a proxy, packages and logins to registries, in the whole program."""

import json
from typing import Any

from tests.program.runs import run
from tests.settings.loading import mistakes
from tests.support.configs import changed, existing, secrets_for, target
from tests.support.fake_pulumi import FakePulumi

PROXY = {"http": "http://proxy:3128", "no_proxy": [".example.org"]}
REGISTRY = "registry.example.org:5000"
WORD = "of-a-test"
PRIVATE = target(
    managers=1,
    workers=1,
    engine={"registries": {REGISTRY: {"username": "puller"}}},
    images={"traefik": f"{REGISTRY}/traefik:v3"},
)
PASSWORD = {"registry_passwords": json.dumps({REGISTRY: WORD})}


def commands(engine: FakePulumi, ending: str) -> dict[str, Any]:
    return {name: engine.parameters(name) for name in engine.types if name.endswith(ending)}


def test_machines_reach_managers_and_containers_past_the_proxy() -> None:
    engine = run(changed(target(managers=3, workers=1), "machines.proxy", PROXY)).engine
    told = commands(engine, "-engine-configure")
    assert {parameters["PROXY_HTTP"] for parameters in told.values()} == {"http://proxy:3128"}
    excluded = {name: set(parameters["PROXY_EXCLUDED"].split(",")) for name, parameters in told.items()}
    for found in excluded.values():
        assert {"localhost", "127.0.0.0/8", "10.77.0.0/16", "10.200.0.0/16", ".example.org"} <= found
    # Another worker restarts no engine: none has the address of a worker but its own.
    assert len(set.intersection(*excluded.values())) == len(excluded["manager-1-engine-configure"])
    assert len(excluded["worker-1-engine-configure"]) == len(excluded["manager-1-engine-configure"]) + 1


def test_host_gives_back_the_file_of_the_proxy_alone_where_there_is_one() -> None:
    file = "/etc/apt/apt.conf.d/95-nuvla-swarm-proxy"
    for document, there in ((existing(), False), (changed(existing(), "machines.proxy", PROXY), True)):
        engine = run(document, secrets=secrets_for(document)).engine
        listed = [file in parameters["ADDED"].split() for parameters in commands(engine, "-before").values()]
        assert listed == [there] * 3


def test_packages_are_on_every_machine() -> None:
    engine = run(changed(target(managers=1, workers=2), "machines.packages", ["tree"])).engine
    assert {name: parameters["PACKAGES"] for name, parameters in commands(engine, "-packages-install").items()} == {
        f"{machine}-packages-install": "tree" for machine in ("manager-1", "worker-1", "worker-2")
    }


def test_login_goes_to_the_provider_and_to_pulls_from_its_registry_alone() -> None:
    engine = run(PRIVATE, secrets=PASSWORD).engine
    provider = engine.inputs("swarm-engine")["registryAuth"]
    (auth,) = json.loads(provider) if isinstance(provider, str) else provider
    assert auth == {"address": REGISTRY, "username": "puller", "password": WORD}
    assert engine.is_secret("swarm-engine", "registryAuth")
    pulls = commands(engine, "-image-pull")
    assert [name for name, parameters in pulls.items() if parameters["CLIENT_CONFIG"]] == ["traefik-image-pull"]
    labels = {one["label"]: one["value"] for one in engine.inputs("traefik-service")["labels"]}
    assert labels["io.nuvla.swarm.login"] == "RESULT:registry-registry-example-org-5000-generation"


def test_password_is_secret_wherever_it_is() -> None:
    engine = run(PRIVATE, secrets=PASSWORD).engine
    plain = {
        (name, key)
        for name in engine.given
        for key, text in engine.inputs(name).items()
        if WORD in json.dumps(text, default=str) and not engine.is_secret(name, key)
    }
    assert plain == set()


def test_stack_without_registries_gives_the_provider_no_login() -> None:
    assert "registryAuth" not in run(target(managers=1, workers=1)).engine.inputs("swarm-engine")


def test_registry_without_a_password_is_refused() -> None:
    assert mistakes(PRIVATE) == [
        f"registry_passwords: no password of {REGISTRY} given; required: one for each of engine.registries, "
        'such as {"registry.example.org": "..."}'
    ]
