"""Both kinds of infrastructure on machines of every provider: what they take, and what only others have."""

from components.engine.forms import KEY_FINGERPRINT
from tests.settings.loading import refusals, taken
from tests.support.configs import changed, existing, exoscale, host, target, without

BASES = {
    "target-local": target(),
    "host-local": host(),
    "target-exoscale": exoscale(),
    "host-exoscale": exoscale("host"),
    "target-existing": existing(),
    "host-existing": existing("host"),
}


def test_each_kind_runs_on_each_provider() -> None:
    found = {title: taken(document) for title, document in BASES.items()}
    assert {title: f"{one.kind}-{one.machines.provider}" for title, one in found.items()} == {one: one for one in BASES}
    for settings in found.values():
        assert settings.has_nfs is settings.has_s3 is (settings.kind == "target")


def test_engine_packages_are_those_of_the_provider_unless_they_are_set() -> None:
    cases = [
        ("local", {}, ("distribution", "20.10.24")),
        ("exoscale", {}, ("docker.com", "28.5.2")),
        ("existing", {}, ("docker.com", "28.5.2")),
        ("local", {"source": "docker.com"}, ("docker.com", "28.5.2")),
        ("exoscale", {"source": "distribution"}, ("distribution", "20.10.24")),
        ("existing", {"version": "29.1.3"}, ("docker.com", "29.1.3")),
    ]
    for provider, given, installed in cases:
        settings = taken(BASES[f"target-{provider}"] | {"engine": given})
        assert (settings.resolved_engine.source, settings.resolved_engine.version) == installed, (provider, given)


def test_containerd_has_one_version_with_packages_of_docker_alone() -> None:
    cases = [
        ("local", {}, None),
        ("exoscale", {}, "1.7.29"),
        ("existing", {"containerd_version": "2.2.0"}, "2.2.0"),
        ("exoscale", {"source": "distribution"}, None),
    ]
    for provider, given, containerd in cases:
        settings = taken(BASES[f"target-{provider}"] | {"engine": given})
        assert settings.resolved_engine.containerd_version == containerd, (provider, given)


def test_containerd_version_of_the_distribution_cannot_be_set() -> None:
    assert refusals(target(engine={"containerd_version": "2.2.0"})) == [
        "engine.containerd_version: 2.2.0 given; allowed: only with packages of docker.com, "
        "as the distribution has one containerd (engine.source)"
    ]


def test_repository_is_set_only_where_its_packages_are_installed() -> None:
    repository = {"url": "http://mirror:8081", "key_fingerprint": "A" * 40}
    assert refusals(target(engine={"repository": repository})) == [
        f"engine.repository.{key}: {value} given; allowed: only with packages of docker.com (engine.source)"
        for key, value in repository.items()
    ]
    assert refusals(target(engine={"repository": repository, "source": "docker.com"})) == []


def test_fingerprint_may_be_written_as_gpg_prints_it() -> None:
    printed = "9dc8 5822 9fc7 dd38 854a  e2d8 8d81 803c 0ebf cd88"
    engine = {"source": "docker.com", "repository": {"key_fingerprint": printed}}
    assert taken(target(engine=engine)).engine.repository.key_fingerprint == KEY_FINGERPRINT


def test_containers_have_the_rights_that_their_kind_may_need() -> None:
    """Nobody knows which programs users run on a target, and existing hosts may have containers already."""
    cases = [("target-local", False, False), ("host-local", True, False), ("target-existing", False, True)]
    for base, less, icc in cases:
        engine = taken(BASES[base]).resolved_engine
        assert (engine.no_new_privileges, engine.icc) == (less, icc), base
        said = taken(BASES[base] | {"engine": {"no_new_privileges": not less, "icc": not icc}}).resolved_engine
        assert (said.no_new_privileges, said.icc) == (not less, not icc), base


def test_host_refuses_settings_of_shared_files() -> None:
    for section in ("nfs", "s3"):
        assert refusals(host(**{section: {"enabled": False}})) == [
            f"{section}.enabled: false given; allowed: only with kind: target"
        ]
        assert taken(host(**{section: {}}))


def test_settings_of_a_database_are_for_a_host_alone() -> None:
    assert refusals(target(monitoring={"elasticsearch": {"enabled": True}})) == [
        "monitoring.elasticsearch.enabled: true given; allowed: only with kind: host"
    ]
    assert refusals(target(volumes={"db": {"size_gib": 11}})) == [
        "volumes.db.size_gib: 11 given; allowed: only with kind: host"
    ]
    assert refusals(host(volumes={"nfs": {"size_gib": 11}})) == [
        "volumes.nfs.size_gib: 11 given; allowed: only with kind: target"
    ]


def test_backend_network_needs_another_name_than_the_public_one() -> None:
    assert refusals(host(swarm={"backend_network": "traefik-public"})) == [
        'swarm.backend_network: "traefik-public" given; allowed: another name than the public network'
    ]


def test_volume_options_are_refused_on_a_provider_that_lacks_them() -> None:
    for option, value, provider in (("block_storage", True, "exoscale"), ("path", "/srv/a", "existing")):
        assert refusals(target(volumes={"nfs": {option: value}})) == [
            f"volumes.nfs.{option}: {str(value).lower()} given; allowed: only with machines.provider: {provider}"
        ]


def test_volume_that_ends_with_its_machine_cannot_be_taken_over() -> None:
    volumes = {"nfs": {"import_id": "one"}}
    cases = {
        "machines.provider: local or exoscale": existing(volumes=volumes),
        "volumes.nfs.block_storage: true, which outlives its machine": exoscale(volumes=volumes),
    }
    for allowed, document in cases.items():
        assert refusals(document) == [f"volumes.nfs.import_id: one given; allowed: only with {allowed}"]


def test_two_volumes_in_one_folder_are_refused() -> None:
    assert refusals(existing(volumes={"nfs": {"path": "/srv/a"}, "grafana": {"path": "/srv/a"}})) == [
        "volumes.grafana.path: /srv/a given; allowed: another folder than that of volumes.nfs"
    ]


def test_host_that_is_listed_twice_is_refused() -> None:
    assert refusals(changed(existing(), "machines.pools.worker.hosts.2.address", "198.51.100.1")) == [
        "machines.pools.worker.hosts.2: 198.51.100.1 given twice; allowed: each host once"
    ]


def test_host_in_a_network_of_the_swarm_is_refused() -> None:
    assert (
        "swarm.address_pools[0]: 198.51.100.0/24 given; allowed: a network without machine manager-1, 198.51.100.1"
    ) in refusals(changed(existing(), "swarm.address_pools", ["198.51.100.0/24"]))


def test_missing_setting_of_a_provider_is_told_at_its_own_path() -> None:
    assert refusals(without(exoscale(), "machines.zone")) == [
        "machines.zone: not given; required: zone of the machines, such as ch-gva-2 (exoscale)"
    ]
    (line,) = refusals(changed(exoscale(), "machines.subnet", "10.0.0.0/16"))
    assert line.startswith(
        "machines.subnet: unknown key; allowed in machines: provider, pools, lost, overrides, ssh, proxy, packages, "
    )
