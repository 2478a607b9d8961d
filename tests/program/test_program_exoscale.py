"""Both kinds on Exoscale: what they are made of, and what other settings change."""

from typing import Any

import pytest
import yaml

from tests.program import snapshot
from tests.program.runs import run
from tests.program.test_program_growth import resources
from tests.support.checkout import CHECKOUT
from tests.support.configs import changed, on_exoscale, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program, Secret

KEYS = {"exoscale_api_key": "EXO-of-a-test", "exoscale_api_secret": "of-a-test"}
EXAMPLES = ("exoscale-target", "exoscale-host")
BLOCK = {"volumes": {"nfs": {"block_storage": True}}}
INSTANCE = "exoscale:index/computeInstance:ComputeInstance"


def example(name: str) -> dict[str, Any]:
    """The settings of an example."""
    config = yaml.safe_load((CHECKOUT / f"examples/{name}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix("nuvla-swarm:"): value for key, value in config.items() if key.startswith("nuvla-swarm:")}


def ran(document: dict[str, Any], *, preview: bool = False) -> Program:
    return run(document, preview=preview, secrets=KEYS)


def of_kind(engine: FakePulumi, kind: str) -> set[str]:
    return {name for name, found in engine.types.items() if found == kind}


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Names of the resources that are new with other settings, and of those that are changed or gone."""
    old, new = (resources(ran(document).engine) for document in (before, after))
    return set(new) - set(old), {name for name in old if old[name] != new.get(name)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_resources_and_their_types_are_those_of_the_snapshot(name: str) -> None:
    """`python -m tests.program.test_program_exoscale` writes the files anew."""
    file = snapshot.FOLDER / f"{name}.txt"
    assert snapshot.tree(ran(example(name)).engine) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_first_preview_shows_all_that_an_update_makes(name: str) -> None:
    assert snapshot.tree(ran(example(name), preview=True).engine) == snapshot.tree(ran(example(name)).engine)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_component_is_finished_and_everything_of_exoscale_has_the_explicit_provider(name: str) -> None:
    engine = ran(example(name)).engine
    assert engine.components() == {name for name in engine.finished if name in engine.types}
    for resource, kind in engine.types.items():
        if kind.startswith("exoscale:"):
            assert [engine.provider(one) for one in engine.ancestors(resource) if engine.provider(one)][:1] == [
                "exoscale"
            ], resource


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_inside_of_machines_goes_with_the_cluster(name: str) -> None:
    engine = ran(example(name)).engine
    for resource, kind in engine.types.items():
        if kind.startswith("docker:") or (kind == "command:remote:Command" and not resource.endswith("-ready")):
            # Block storage that is kept is unmounted before its machine is destroyed.
            kept = "delete" in engine.inputs(resource) and resource.endswith("-data-folder")
            expected = {""} if kept else {"cluster", *of_kind(engine, INSTANCE)}
            assert engine.deleted_with(resource) in expected, resource


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_api_key_and_host_keys_are_secret(name: str) -> None:
    engine = ran(example(name)).engine
    assert engine.is_secret("exoscale", "key")
    assert engine.is_secret("exoscale", "secret")
    assert engine.inputs("exoscale")["key"] == "EXO-of-a-test"
    for instance in of_kind(engine, INSTANCE):
        assert engine.is_secret(instance, "userData")


def test_a_key_of_the_environment_is_taken_where_the_stack_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, text in KEYS.items():
        monkeypatch.setenv(key.upper(), f"environment-{text}")
    engine = run(on_exoscale(target()), secrets={}).engine
    assert engine.inputs("exoscale")["key"] == "environment-EXO-of-a-test"
    assert engine.is_secret("exoscale", "key")


def test_the_group_has_the_table_of_its_kind() -> None:
    titles = {
        name: {
            rule.removeprefix("cluster-security-") for rule in ran(example(name)).engine.types if "-security-" in rule
        }
        for name in EXAMPLES
    }
    assert {"tcp-2049-cluster", "tcp-9000-0.0.0.0-0", "tcp-2376-198.51.100.7-32"} <= titles["exoscale-target"]
    assert not {title for title in titles["exoscale-host"] if "2049" in title or "9000" in title or "32768" in title}
    assert {"tcp-80-192.0.2.0-24", "tcp-2376-192.0.2.0-24"} <= titles["exoscale-host"]


def test_machines_have_rules_of_their_own_for_containers_alone() -> None:
    firewall = ran(example("exoscale-target")).engine.inputs("firewall")
    assert firewall["mode"] == "containers"
    assert firewall["sources"] == {"cluster": [], "users": ["0.0.0.0/0"]}


def test_a_third_worker_is_all_that_is_added() -> None:
    document = on_exoscale(target(workers=2), private_network="10.90.0.0/16")
    added, touched = differences(document, changed(document, "machines.pools.worker.count", 3))
    assert added == {name for name in added if "worker-3" in name}
    assert {"worker-3", "worker-3-host-key", "worker-3-ready"} <= added
    assert touched == {"socket-proxy-converged", "monitoring-converged", "swarm-members-only", "swarm-tokens-rotated"}


@pytest.mark.parametrize(
    ("path", "value", "touched"),
    [
        ("machines.pools.worker.size", "standard.huge", {"worker-1", "worker-2"}),
        ("machines.pools.worker.disk_gib", 60, {"worker-1", "worker-2"}),
        ("machines.destroy_protection", True, {"manager-1", "worker-1", "worker-2"}),
        ("volumes.nfs.size_gib", 30, {"nfs-volume", "nfs-data-folder"}),
        ("machines.template.id", "6f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", {"manager-1", "worker-1", "worker-2"}),
        ("machines.template.name", "Ubuntu 22.04", set()),
        ("machines.pulumi_protect", True, set()),
    ],
)
def test_a_setting_changes_what_it_is_about_and_shows_on_the_component(
    path: str, value: Any, touched: set[str]
) -> None:
    before = {**on_exoscale(target()), **BLOCK}
    after = changed(before, path, value)
    assert differences(before, after) == (set(), touched)
    assert ran(before).engine.inputs("cluster") != ran(after).engine.inputs("cluster")


@pytest.mark.parametrize("lost", [False, True])
def test_a_volume_is_let_go_by_one_machine_before_another_one_gets_it(lost: bool) -> None:
    """Exoscale attaches no volume that is attached elsewhere, and its plugin does not try again in a later update."""
    before = {**on_exoscale(target(managers=3)), **BLOCK, "nfs": {"machine": "worker-2"}}
    after = before | {"nfs": {"machine": "manager-2"}}
    if lost:
        after = changed(after, "machines.lost", ["worker-2"])
    engine = run(after, secrets=KEYS, state=ran(before).engine.state_after()).engine
    assert "worker-2" in engine.dependencies("manager-2")
    asked = {"nfs-idle", "nfs-hand-over"}
    assert engine.dependencies("worker-2") & asked == (set() if lost else asked)
    assert "worker-2" not in engine.dependencies("manager-1")
    ignored = set(engine.options["worker-2"].ignoreChanges)
    assert not ignored & {"blockStorageVolumeIds", "elasticIpIds"}, "or it would never let go"
    assert ("type" in ignored) is lost
    again = run(after, secrets=KEYS, state=engine.state_after()).engine
    assert "worker-2" not in again.dependencies("manager-2")


def test_another_network_of_people_is_another_rule_for_each_of_its_rows_and_nothing_else() -> None:
    before = on_exoscale(target())
    added, touched = differences(before, changed(before, "firewall.nuvla", ["198.51.100.7/32"]))
    assert added == {f"cluster-security-tcp-{port}-198.51.100.7-32" for port in (80, 443, 2376, 9000)}
    assert not touched


def test_outputs_have_what_a_person_needs_of_these_machines() -> None:
    outputs = ran({**on_exoscale(target(), private_network="10.90.0.0/16"), **BLOCK}).outputs
    assert outputs["machines"]["worker-1"] == {
        "role": "worker",
        "public_address": "PUBLIC-ADDRESS:worker-1",
        "private_address": "10.90.132.1",
        "ssh": "ssh ubuntu@PUBLIC-ADDRESS:worker-1",
    }
    assert outputs["ssh"] == Secret({"user": "ubuntu", "private_key": "PRIVATE-KEY-OPENSSH:cluster-login-key"})
    assert outputs["volumes"]["nfs"]["id"] == "nfs-volume-id"
    assert outputs["nfs"]["address"] == outputs["machines"]["manager-1"]["private_address"]


def test_with_an_elastic_ip_people_are_sent_there_and_the_program_itself_is_not() -> None:
    """So that another one touches nothing of what is on the swarm but what tells people the address."""
    found = ran(on_exoscale(target(), elastic_ip=True))
    elastic = "ELASTIC-ADDRESS:cluster-address"
    assert found.outputs["docker"]["endpoint"] == f"https://{elastic}:2376"
    assert {
        url.split("/")[2].removesuffix(":9000").removesuffix(":8080") for url in found.outputs["urls"].values()
    } == {elastic}
    for certificate in ("certificates-manager-1-request", "traefik-certificate-cert"):
        assert elastic in found.engine.inputs(certificate)["ipAddresses"]
    assert found.engine.inputs("swarm-engine")["host"] == "tcp://PUBLIC-ADDRESS:manager-1:2376"


if __name__ == "__main__":
    for title in EXAMPLES:
        (snapshot.FOLDER / f"{title}.txt").write_text(snapshot.tree(ran(example(title)).engine), encoding="utf-8")
