"""Settings of machines on Exoscale: mistakes that Exoscale would refuse, and the private network of the pools."""

from tests.settings.loading import refusals
from tests.support.configs import changed, exoscale, on_exoscale, target

DOCUMENT = on_exoscale(target())


def test_values_that_exoscale_would_refuse_are_refused_before_anything_is_made() -> None:
    cases = [
        (
            "machines.zone",
            "geneva",
            'machines.zone: "geneva" given; allowed: a zone of Exoscale in lower case, such as ch-gva-2',
        ),
        (
            "machines.template.id",
            "Ubuntu",
            'machines.template.id: "Ubuntu" given; allowed: the id of a template, such as ',
        ),
        ("machines.pools.worker.size", "large", 'machines.pools.worker.size: "large" given; allowed: a type of'),
        ("machines.pools.worker.disk_gib", 9, "machines.pools.worker.disk_gib: 9 given; allowed: at least 10"),
        (
            "machines.pools.worker.disk_gib",
            51201,
            "machines.pools.worker.disk_gib: 51201 given; allowed: at most 51200",
        ),
        (
            "machines.private_network",
            "10.90.0.0/25",
            'machines.private_network: "10.90.0.0/25" given; allowed: a network',
        ),
        (
            "machines.private_network",
            "10.200.0.0/16",
            "engine.address_pools[0].base: 10.200.0.0/16 (the default); allowed: a",
        ),
        (
            "firewall.management",
            ["10.90.0.7/16"],
            'firewall.management[0]: "10.90.0.7/16" given; allowed: an IPv4 network',
        ),
        ("volumes.nfs", {"block_storage": True, "size_gib": 9}, "volumes.nfs.size_gib: 9 given; allowed: at least 10"),
        (
            "volumes.nfs",
            {"import_id": "kept"},
            "volumes.nfs.import_id: kept given; allowed: only with volumes.nfs.block_storage: true, which outlives",
        ),
    ]
    wrong = {}
    for path, value, beginning in cases:
        lines = refusals(changed(DOCUMENT, path, value))
        if len(lines) != 1 or not lines[0].startswith(beginning):
            wrong[f"{path}: {value}"] = lines
    assert wrong == {}


def test_private_network_that_overlaps_another_network_is_refused() -> None:
    assert refusals(changed(exoscale(), "machines.private_network", "10.225.0.0/16")) == [
        "swarm.address_pools[0]: 10.224.0.0/12 (the default); "
        "allowed: a network outside machines.private_network, 10.225.0.0/16; or change that one"
    ]
    assert refusals(changed(exoscale(), "machines.private_network", "192.0.2.0/24")) == [
        "firewall.management[0]: 192.0.2.0/24 given; allowed: a network outside machines.private_network, 192.0.2.0/24"
    ]
    document = changed(on_exoscale(target(), private_network="10.90.0.0/16"), "firewall.nuvla", ["10.90.1.0/24"])
    assert refusals(document) == [
        "firewall.nuvla[0]: 10.90.1.0/24 given; allowed: a network outside machines.private_network, 10.90.0.0/16"
    ]


def test_private_network_with_pools_in_two_zones_is_refused() -> None:
    for zone in ("de-fra-1", "at-vie-1"):
        document = changed(exoscale(), "machines.private_network", "10.9.0.0/16")
        assert refusals(changed(document, "machines.pools.worker.zone", zone)) == [
            f"machines.private_network: 10.9.0.0/16 given beside pools in {zone}; "
            "allowed: only with all pools in ch-gva-2, as such a network is of one zone"
        ]


def test_private_network_without_room_for_its_pools_is_refused() -> None:
    """A /24 has three blocks of addresses, and there are four pools."""
    document = changed(exoscale(), "machines.private_network", "10.90.0.0/24")
    for pool in ("one", "two"):
        document = changed(document, f"machines.pools.{pool}", {"role": "worker"})
    (line,) = refusals(document)
    assert "fall on the same addresses of 10.90.0.0/24" in line
    assert line.endswith("; allowed: another name for one of them, or a larger private_network")
