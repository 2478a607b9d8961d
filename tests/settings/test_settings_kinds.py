"""Both kinds of infrastructure on machines of every provider: what they take, and what only others have."""

import pytest

from tests.settings.loading import load, mistakes
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target, without

BASES = {
    "target-local": target(),
    "host-local": host(),
    "target-exoscale": exoscale(),
    "host-exoscale": exoscale("host"),
    "target-existing": existing(),
    "host-existing": existing("host"),
}


@pytest.mark.parametrize("title", BASES)
def test_each_kind_can_be_on_each_provider(title: str) -> None:
    document = BASES[title]
    settings = load(document, secrets_for(document))
    assert f"{settings.kind}-{settings.machines.provider}" == title
    assert settings.has_nfs is settings.has_s3 is (settings.kind == "target")


@pytest.mark.parametrize(
    ("provider", "given", "installed"),
    [
        ("local", {}, ("distribution", "20.10.24")),
        ("exoscale", {}, ("docker.com", "28.5.1")),
        ("existing", {}, ("docker.com", "28.5.1")),
        ("local", {"source": "docker.com"}, ("docker.com", "28.5.1")),
        ("exoscale", {"source": "distribution"}, ("distribution", "20.10.24")),
        ("existing", {"version": "29.1.3"}, ("docker.com", "29.1.3")),
    ],
)
def test_an_engine_is_of_the_packages_that_its_machines_have(
    provider: str, given: dict[str, str], installed: tuple[str, str]
) -> None:
    document = BASES[f"target-{provider}"] | {"engine": given}
    settings = load(document, secrets_for(document))
    assert (settings.resolved_engine.source, settings.resolved_engine.version) == installed


@pytest.mark.parametrize(
    ("provider", "given", "containerd"),
    [
        ("local", {}, None),
        ("exoscale", {}, "1.7.29"),
        ("existing", {"containerd_version": "2.2.0"}, "2.2.0"),
        ("exoscale", {"source": "distribution"}, None),
    ],
)
def test_containerd_is_one_version_too_where_it_is_of_docker(
    provider: str, given: dict[str, str], containerd: str | None
) -> None:
    document = BASES[f"target-{provider}"] | {"engine": given}
    assert load(document, secrets_for(document)).resolved_engine.containerd_version == containerd


def test_the_distributions_containerd_is_nobodys_choice() -> None:
    assert mistakes(target(engine={"containerd_version": "2.2.0"})) == [
        "engine.containerd_version: 2.2.0 given; allowed: only with packages of docker.com, "
        "as the distribution has one containerd (engine.source)"
    ]


@pytest.mark.parametrize(
    ("base", "less", "icc"),
    [("target-local", False, False), ("host-local", True, False), ("target-existing", False, True)],
)
def test_containers_of_others_keep_what_they_may_need(base: str, less: bool, icc: bool) -> None:
    """Which programs users run on a target nobody knows, and on hosts some are there before."""
    document = BASES[base]
    settings = load(document, secrets_for(document))
    assert (settings.resolved_engine.no_new_privileges, settings.resolved_engine.icc) == (less, icc)
    said = load(document | {"engine": {"no_new_privileges": not less, "icc": not icc}}, secrets_for(document))
    assert (said.resolved_engine.no_new_privileges, said.resolved_engine.icc) == (not less, not icc)


@pytest.mark.parametrize("section", ["nfs", "s3"])
def test_a_host_takes_no_settings_of_files(section: str) -> None:
    assert mistakes(host(**{section: {"enabled": False}})) == [
        f"{section}.enabled: false given; allowed: only with kind: target"
    ]
    assert load(host(**{section: {}}))


def test_only_a_host_has_a_database() -> None:
    assert mistakes(target(monitoring={"elasticsearch": {"enabled": True}})) == [
        "monitoring.elasticsearch.enabled: true given; allowed: only with kind: host"
    ]
    assert mistakes(target(volumes={"db": {"size_gib": 11}})) == [
        "volumes.db.size_gib: 11 given; allowed: only with kind: host"
    ]
    assert mistakes(host(volumes={"nfs": {"size_gib": 11}})) == [
        "volumes.nfs.size_gib: 11 given; allowed: only with kind: target"
    ]


def test_networks_of_a_host_have_names_of_their_own() -> None:
    assert mistakes(host(swarm={"backend_network": "traefik-public"})) == [
        'swarm.backend_network: "traefik-public" given; allowed: another name than the public network'
    ]


@pytest.mark.parametrize(("volume", "value"), [("block", True), ("path", "/srv/a")])
def test_a_volume_is_only_where_its_provider_can_have_it(volume: str, value: object) -> None:
    (line,) = mistakes(target(volumes={"nfs": {volume: value}}))
    provider = {"block": "exoscale", "path": "existing"}[volume]
    assert line == (
        f"volumes.nfs.{volume}: {str(value).lower()} given; allowed: only with machines.provider: {provider}"
    )


def test_a_volume_that_ends_with_its_machine_cannot_be_taken_over() -> None:
    reason = "allowed: only with a volume that outlives its machine"
    document = exoscale(volumes={"nfs": {"id": "one"}})
    assert mistakes(document, secrets_for(document)) == [f"volumes.nfs.import_id: one given; {reason}"]
    document = existing(volumes={"nfs": {"id": "one"}})
    assert mistakes(document, secrets_for(document)) == [f"volumes.nfs.import_id: one given; {reason}"]


def test_no_two_volumes_are_in_one_folder() -> None:
    document = existing(volumes={"nfs": {"path": "/srv/a"}, "grafana": {"path": "/srv/a"}})
    assert mistakes(document, secrets_for(document)) == [
        "volumes.grafana.path: /srv/a given; allowed: another folder than that of volumes.nfs"
    ]


def test_a_host_that_is_listed_twice_is_refused() -> None:
    document = changed(existing(), "machines.pools.worker.hosts.2.address", "198.51.100.1")
    assert mistakes(document, secrets_for(document)) == [
        "machines.pools.worker.hosts.2: 198.51.100.1 given twice; allowed: each host once"
    ]


def test_a_host_in_a_network_of_the_swarm_is_refused() -> None:
    document = changed(existing(), "swarm.address_pools", ["198.51.100.0/24"])
    assert mistakes(document, secrets_for(document))[0] == (
        "swarm.address_pools[0]: 198.51.100.0/24 given; allowed: a network without machine manager-1, 198.51.100.1"
    )


def test_existing_machines_need_a_key() -> None:
    assert mistakes(existing()) == [
        "ssh_private_key: not given; required: the key that opens the machines, in OpenSSH format"
    ]


def test_a_private_network_overlaps_nothing_else() -> None:
    document = changed(exoscale(), "machines.private_network", "10.225.0.0/16")
    assert mistakes(document, secrets_for(document)) == [
        "swarm.address_pools[0]: 10.224.0.0/12 given; "
        "allowed: a network outside machines.private_network, 10.225.0.0/16"
    ]
    document = changed(exoscale(), "machines.private_network", "192.0.2.0/24")
    assert mistakes(document, secrets_for(document)) == [
        "firewall.management[0]: 192.0.2.0/24 given; allowed: a network outside machines.private_network, 192.0.2.0/24"
    ]


def test_a_private_network_is_of_one_zone() -> None:
    document = changed(exoscale(), "machines.private_network", "10.9.0.0/16")
    (line,) = mistakes(changed(document, "machines.pools.worker.zone", "de-fra-1"), secrets_for(document))
    assert line == (
        "machines.private_network: 10.9.0.0/16 given beside pools in de-fra-1; "
        "allowed: only with all pools in ch-gva-2, as such a network is of one zone"
    )


def test_a_private_network_without_room_for_its_pools_is_refused() -> None:
    document = changed(exoscale(), "machines.private_network", "10.9.0.0/24")
    for pool in ("one", "two"):
        document = changed(document, f"machines.pools.{pool}", {"role": "worker"})
    (line,) = mistakes(document, secrets_for(document))
    assert line.endswith("; allowed: another name for one of them, or a larger private_network")


def test_what_a_provider_misses_is_told_at_its_own_path() -> None:
    document = without(exoscale(), "machines.zone")
    assert mistakes(document, secrets_for(document)) == [
        "machines.zone: not given; required: zone of the machines, such as ch-gva-2 (exoscale)"
    ]
    (line,) = mistakes(changed(exoscale(), "machines.subnet", "10.0.0.0/16"), secrets_for(document))
    assert line.startswith("machines.subnet: unknown key; allowed in machines: provider, pools, lost, zone, ")


def test_exoscale_needs_an_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXOSCALE_API_KEY", "EXOSCALE_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (line,) = mistakes(exoscale())
    assert line.startswith("exoscale_api_key, exoscale_api_secret: not given; required: an API key")
