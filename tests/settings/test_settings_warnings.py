"""Settings that the program accepts with a warning: without effect, placeholders, and risks."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pulumi
import pytest

from stacks.config import unused, warnings
from tests.program.runs import run
from tests.settings.loading import load, parse, refusals, taken
from tests.settings.rows import concrete, with_all
from tests.settings.table import ROWS
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target

OFF: dict[str, Any] = {"enabled": False}


def lines(document: dict[str, Any], *secret_keys: str) -> list[str]:
    return warnings.lines(taken(document), secret_keys)


def first_parts(document: dict[str, Any], *secret_keys: str) -> list[str]:
    return [line.partition(":")[0] for line in lines(document, *secret_keys)]


def test_local_stacks_have_no_warning() -> None:
    assert [lines(document) for document in (target(), host(), target(nfs=OFF, s3=OFF, monitoring=OFF))] == [[]] * 3


def test_parts_that_are_off_have_no_settings() -> None:
    document = target(
        monitoring=OFF | {"alertmanager": {"memory_limit_mib": 64}, "prometheus": {"retention_time": "30d"}},
        nfs=OFF | {"server": "ganesha"},
        s3=OFF | {"port": 9001},
        firewall={"management": ["10.77.0.1/32"], "consoles": "users"},
        volumes={"prometheus": {"import_id": "kept"}},
    )
    assert lines(document, "alert_webhook_url") == [
        "nfs.server: no effect, as nfs.enabled is false",
        "s3.port: no effect, as s3.enabled is false",
        "monitoring.prometheus.retention_time, monitoring.alertmanager.memory_limit_mib: no effect, as "
        "monitoring.enabled is false",
        "firewall.consoles: no effect, as neither S3 nor monitoring has pages",
        "alert_webhook_url: no effect, as monitoring.enabled is false",
    ]


def test_images_of_parts_that_are_off_are_told_on_other_computers_only() -> None:
    images = {"grafana": "a/grafana:1", "elasticsearch_exporter": "a/b:1", "traefik": "a/traefik:1"}
    assert lines(target(monitoring=OFF, images=images)) == []
    assert [line for line in lines(exoscale(monitoring=OFF, images=images)) if "images." in line] == [
        "images.grafana: no effect, as monitoring.enabled is false"
    ]
    assert "images.elasticsearch_exporter: no effect, as monitoring.elasticsearch.enabled is false" in lines(
        exoscale(images=images)
    )


def test_sizes_without_block_storage_are_refused() -> None:
    for document in (target(), exoscale(), existing()):
        assert refusals(changed(document, "volumes.nfs.size_gib", 500))[0] == (
            "volumes.nfs.size_gib: 500 given; allowed: only with volumes.nfs.block_storage: true, as a disk or folder "
            "has the size of its machine"
        )


def test_settings_of_the_other_kind_are_refused() -> None:
    assert refusals(changed(host(), "firewall.nuvla", ["192.0.2.0/24"])) == [
        'firewall.nuvla: ["192.0.2.0/24"] given; allowed: only with kind: target'
    ]
    assert refusals(changed(target(), "swarm.backend_network", "other")) == [
        'swarm.backend_network: "other" given; allowed: only with kind: host'
    ]


def test_host_without_the_labels_of_nuvla_is_told() -> None:
    document = changed(exoscale("host"), "volumes.db", {"block_storage": True, "size_gib": 50})
    found = lines(document)
    assert (
        "volumes.db.block_storage, volumes.db.size_gib: no effect, as no machine has the label type: worker-db" in found
    )
    assert any(line.startswith("machines.pools: no machine has the label type: worker-db, so vm.max") for line in found)
    labelled = changed(document, "machines.pools.worker.labels", {"type": "worker-db"})
    assert not any("worker-db" in line for line in lines(labelled))


PLACEHOLDERS = {
    "192.0.2.0/24": True,
    "198.51.100.7/32": True,
    "203.0.113.9": True,
    "target.example.org": True,
    "ops@example.com": True,
    "http://mail.example.net:80": True,
    "192.0.3.0/24": False,
    "192.0.0.0/16": False,
    "10.0.0.0/8": False,
    "example.organic": False,
    "counterexample.org": False,
    "fd00::/8": False,
    "ssh-ed25519 AAAA": False,
}


def test_networks_and_domains_of_examples_are_placeholders() -> None:
    assert {text: warnings.is_placeholder(text) for text in PLACEHOLDERS} == PLACEHOLDERS


def test_placeholders_are_told_with_their_paths() -> None:
    (line,) = [line for line in lines(exoscale(domain="target.example.org")) if "placeholders" in line]
    assert line.startswith("domain target.example.org, firewall.management[0] 192.0.2.0/24: placeholders of an example")


def test_wide_networks_of_operators_are_told() -> None:
    for network, wide in (("8.0.0.0/7", True), ("128.0.0.0/1", True), ("10.0.0.0/9", False), ("9.9.0.0/16", False)):
        document = changed(exoscale(), "firewall.management", [network])
        assert ("firewall.management[0] " + network in first_parts(document)) is wide, network


def test_hosts_without_a_firewall_get_the_list_of_open_ports() -> None:
    (line,) = [one for one in lines(changed(existing(), "machines.firewall", False)) if "machines.firewall" in one]
    assert line.startswith("machines.firewall: false, so firewall.* filters only containers, and the ports 22, 111, ")
    for port in (2049, 2376, 2377, 8080, 9323, 9000):
        assert f" {port}" in line
    assert not any("machines.firewall" in one for one in lines(existing()))


def test_closed_port_80_is_told_with_lets_encrypt() -> None:
    acme = target(domain="swarm.invalid.ch", traefik={"acme": {"email": "a@b.ch"}})
    closed = changed(acme, "firewall.users", ["10.0.0.0/8"])
    (line,) = lines(closed)
    assert line.startswith(
        "traefik.acme: Let's Encrypt connects to port 80 from any address, and firewall.users is 10."
    )
    assert lines(acme) == lines(changed(closed, "traefik.acme.server", "https://acme.internal.ch/directory")) == []


def test_target_that_lets_no_nuvla_in_is_told() -> None:
    assert any(line.startswith("firewall.nuvla: empty, so Nuvla cannot reach port 2376") for line in lines(exoscale()))
    assert not any("firewall.nuvla" in line for line in lines(changed(exoscale(), "firewall.nuvla", ["9.9.9.9/32"])))
    assert any(
        "opens 2377 to nobody" in o for o in lines(changed(exoscale(), "firewall.expose_swarm_port_to_nuvla", True))
    )


def test_data_on_disks_of_exoscale_are_told_in_one_line() -> None:
    def told(document: dict[str, Any]) -> list[str]:
        return [line for line in lines(document) if line.startswith("volumes.")]

    (line,) = told(exoscale())
    assert line.startswith(
        "volumes.nfs, volumes.prometheus, volumes.alertmanager, volumes.grafana: stored on the disks"
    )
    block = {f"volumes.{name}.block_storage": True for name in ("nfs", "prometheus", "alertmanager", "grafana")}
    assert told(with_all(exoscale(), block)) == []


def test_retention_that_retains_nothing_is_told() -> None:
    retain = {"volumes.retain_on_destroy": True}
    for document, reason in (
        (exoscale(), "no volume has block_storage"),
        (existing(), "data on existing machines stay"),
    ):
        assert any(f"no effect, as {reason}" in line for line in lines(with_all(document, retain))), reason
    assert lines(with_all(target(), retain)) == []


def test_alerts_without_a_receiver_are_told() -> None:
    line = (
        "nobody receives alerts: set monitoring.alertmanager.email_to, or the secret alert_webhook_url or "
        "slack_webhook_url or teams_webhook_url or pagerduty_routing_key"
    )
    assert line in lines(exoscale())
    for secret in ("alert_webhook_url", "slack_webhook_url", "teams_webhook_url", "pagerduty_routing_key"):
        assert line not in lines(exoscale(), secret)
    assert line not in lines(exoscale(monitoring=OFF))


def test_warnings_are_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", logged.append)
    load(exoscale(), secrets_for(exoscale()))
    assert logged == lines(exoscale(), *secrets_for(exoscale()))
    assert len(set(logged)) == len(logged)


COMPOSITIONS = {
    "all": target(),
    "a host": host(),
    "no monitoring": target(monitoring=OFF),
    "no files": target(nfs=OFF, s3=OFF),
    "nothing": target(nfs=OFF, s3=OFF, monitoring=OFF),
    "exoscale": exoscale(),
    "a host on exoscale without labels": exoscale("host"),
    "existing": existing(),
}
# Those that act in another update, that need a secret, too, or whose only value is what an unset one means.
LATER = {"machines.lost", "volumes.retain_on_destroy", "machines.ssh.public_key", "swarm.api_manager"}
ODD = ("a host", "no monitoring", "no files", "a host on exoscale without labels")


def ineffective(document: dict[str, Any], path: str, values: Sequence[Any]) -> bool:
    """Return whether values are accepted without a warning, and none changes a resource."""
    return bool(values) and all(_ineffective(document, path, value) for value in values)


def _ineffective(document: dict[str, Any], path: str, value: Any) -> bool:
    """Return whether a value is accepted without a warning, and changes no resource."""
    after = changed(document, path, value)
    settings, _ = parse(after)
    before = parse(document)[0]
    if settings is None or before is None:
        return False
    if settings == before:
        return True
    if set(unused.lines(settings, ())) - set(unused.lines(before, ())):
        return False
    try:
        one, other = (run(each, secrets=secrets_for(each)).engine for each in (document, after))
    except pulumi.RunError as refusal:  # a mistake between a setting and a secret, which `parse` does not know
        if "the configuration of this stack has" not in str(refusal):
            raise
        return False
    return (one.given, one.types) == (other.given, other.types)


def cases() -> list[tuple[str, str, Sequence[Any]]]:
    """Return compositions with each setting and its values: an unset one may already mean one of them."""
    return [
        (name, concrete(row.path), row.values.good[::-1])
        for name in COMPOSITIONS
        for row in ROWS
        if row.path not in LATER and not isinstance(row.change, str)
        # Tools write the images of local stacks all at once.
        if not (row.path.startswith("images.") and "exoscale" not in name)
    ]


def test_some_settings_without_effect_are_refused_or_told() -> None:
    chosen = Random(7).sample(cases(), 40)
    assert [case for case in chosen if ineffective(COMPOSITIONS[case[0]], *case[1:])] == []


@pytest.mark.slow
def test_every_setting_without_effect_is_refused_or_told() -> None:
    odd = [case for case in cases() if case[0] in ODD]  # test_settings_visible.py has the others
    assert [case for case in odd if ineffective(COMPOSITIONS[case[0]], *case[1:])] == []
