"""Mistakes between the firewall, the files and the services of a target: a line for each."""

from collections.abc import Sequence
from typing import Any

from stacks.config.images import ImagesSettings
from tests.settings.bases import API_MANAGER, PLACED
from tests.settings.loading import refusals, taken
from tests.settings.rows import with_all
from tests.support.configs import HOST_KEY, changed, existing, target

NOT_SAID = (
    "not given; required: one of {}, as no manager is clearly the first: the stack has several manager pools, or hosts "
    "with names"
)
TWO_POOLS = changed(target(), "machines.pools", {"b": {"role": "manager"}, "a": {"role": "manager", "count": 2}})


def test_management_networks_are_required() -> None:
    required = 'not given; required: source networks of operators and of this program, such as ["203.0.113.7/32"]'
    assert refusals(target(firewall={})) == [f"firewall.management: {required}"]
    assert refusals(target(firewall={"management": []})) == [
        'firewall.management: [] given; allowed: a list of at least 1, such as ["203.0.113.7/32"]'
    ]


def test_firewall_that_locks_out_this_program_is_refused() -> None:
    given = changed(target(), "firewall.management", ["192.0.2.0/24", "10.77.0.2/32"])
    assert refusals(given) == [
        "firewall.management: 192.0.2.0/24, 10.77.0.2/32 given; "
        "allowed: networks that hold 10.77.0.1, from which this program reaches local machines"
    ]
    assert taken(changed(given, "firewall.management[2]", "10.64.0.0/10"))


def test_ephemeral_range_over_fixed_ports_is_refused_with_each_of_them() -> None:
    cases = [
        (8000, 60999, "8080 (traefik), 9323 (engine metrics)"),
        (9323, 9324, "9323 (engine metrics)"),
        (4000, 4789, "4045 (nfs), 4046 (nfs), 4789 (swarm)"),
        (2377, 2378, "2377 (swarm)"),
        (1024, 2049, "2049 (nfs)"),
    ]
    for first, last, covered in cases:
        document = changed(target(s3={"port": 65535}), "firewall.ephemeral", {"first": first, "last": last})
        assert refusals(document) == [
            f"firewall.ephemeral: {first} to {last} given; allowed: a range without {covered}"
        ]


def test_ephemeral_range_that_ends_before_its_second_port_is_refused() -> None:
    for last in (40000, 39999):
        assert refusals(changed(target(), "firewall.ephemeral", {"first": 40000, "last": last})) == [
            f"firewall.ephemeral.last: {last} given; allowed: more than first, 40000",
        ]


def test_port_of_mountd_may_lie_in_the_ephemeral_range() -> None:
    assert taken(changed(target(), "firewall.ephemeral", {"first": 33333, "last": 33334}))


def test_port_of_s3_that_another_service_has_is_refused_with_its_owner() -> None:
    owners = {22: "ssh", 80: "http", 111: "nfs", 2376: "docker api", 8080: "traefik", 9323: "engine metrics"}
    for port, service in {**owners, 33333: "nfs"}.items():
        assert refusals(target(s3={"port": port})) == [
            f"s3.port: {port} given; allowed: a port that is not taken by {service}"
        ]


def test_port_of_s3_in_the_ephemeral_range_is_refused() -> None:
    assert refusals(target(s3={"port": 60999})) == [
        "s3.port: 60999 given; allowed: a port outside firewall.ephemeral, 32768 to 60999"
    ]


def test_port_of_s3_is_not_checked_without_s3() -> None:
    assert taken(target(s3={"enabled": False, "port": 22}))


def extra(*ports: str, protocol: str = "tcp", sources: Sequence[str] = ("users",)) -> dict[str, Any]:
    rows = [{"ports": text, "protocol": protocol, "sources": list(sources), "description": "mine"} for text in ports]
    return changed(target(), "firewall.extra", rows)


def test_extra_ports_that_the_program_has_are_refused_with_their_holders() -> None:
    cases = [
        ("22", "tcp", "22 (ssh)"),
        ("443", "tcp", "443 (https)"),
        ("9000", "tcp", "9000 (s3)"),
        ("33333", "udp", "33333 (nfs)"),
        ("662-663", "tcp", "662 (nfs), 663 (nfs)"),
        ("4780-4790", "udp", "4789 (swarm)"),
        ("32768-60999", "udp", "33333 (nfs)"),
        ("2376-2377", "tcp", "2377 (swarm), 2376 (docker api), 2377 (swarm)"),
    ]
    for ports, protocol, held in cases:
        assert refusals(extra(ports, protocol=protocol)) == [
            f"firewall.extra[0].ports: {ports} given; allowed: {protocol} ports without {held}, which the program uses"
        ]


def test_extra_ports_that_the_program_does_not_have_are_taken() -> None:
    """It has some by the other protocol alone, some of its parts are off, and SSH may be elsewhere."""
    for ports, protocol in (("443", "udp"), ("4789", "tcp"), ("30000-32767", "tcp"), ("33334-60999", "udp")):
        assert taken(extra(ports, protocol=protocol))
    assert taken(with_all(extra("9000"), {"s3.enabled": False}))
    assert taken(extra("40000", sources=["192.0.2.0/24"]))
    assert taken(extra("2377-2378", protocol="udp"))
    assert taken(changed(extra("1"), "firewall.extra[0].ports", 5000)).firewall.extra[0].ports == "5000"


def test_extra_port_of_the_ssh_server_of_a_host_is_refused() -> None:
    document = changed(extra("2222"), "machines", existing()["machines"])
    assert taken(document)
    moved = changed(document, "machines.pools.worker.hosts.1.port", 2222)
    (line,) = refusals(moved)
    assert line.startswith("firewall.extra[0].ports: 2222 given; allowed: tcp ports without 2222 (ssh), ")


def test_extra_ports_that_users_reach_anyway_are_refused() -> None:
    assert refusals(extra("40000")) == [
        "firewall.extra[0].ports: 40000 given; allowed: other ports or sources, as firewall.ephemeral opens "
        "these to users"
    ]
    assert taken(extra("40000", protocol="udp"))


def test_extra_ports_in_two_rows_are_refused() -> None:
    assert refusals(extra("5000", "5001", "5000")) == [
        "firewall.extra[2].ports: 5000 given, as in firewall.extra[0]; allowed: one row with all sources of these ports"
    ]
    assert taken(extra("5000", "5000-5001"))


def test_s3_without_files_is_refused() -> None:
    assert refusals(target(nfs={"enabled": False})) == [
        "s3.enabled: true (the default); allowed: false, as nfs.enabled is false and S3 serves its files"
    ]


def test_machine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    for setting in ("nfs.machine", "monitoring.machine"):
        assert refusals(changed(target(workers=1), setting, "manager-2")) == [
            f'{setting}: "manager-2" given; allowed: one of manager-1, worker-1'
        ]


def test_machine_that_runs_no_services_is_refused() -> None:
    for setting in ("nfs.machine", "monitoring.machine"):
        for availability in ("drain", "pause"):
            document = changed(target(workers=1), "machines.pools.worker.availability", availability)
            assert refusals(changed(document, setting, "worker-1")) == [
                f'{setting}: "worker-1" given, which runs no services, as the availability of its pool says; '
                "allowed: one of manager-1"
            ]


def test_target_without_an_active_manager_is_refused() -> None:
    assert refusals(changed(target(), "machines.pools.manager.availability", "drain")) == [
        "machines.pools: no active manager; required: at least one, since Traefik runs on managers"
    ]


def test_two_pools_of_managers_require_a_machine_for_each_service() -> None:
    """Pulumi hands pools over by the alphabet, whatever the file says."""
    assert refusals(TWO_POOLS) == [f"{path}: {NOT_SAID.format('a-1, a-2, b-1')}" for path in PLACED]
    document = with_all(TWO_POOLS, dict.fromkeys(PLACED, "b-1"))
    settings = taken(document)
    assert (settings.api_manager, settings.nfs_machine, settings.monitoring_machine) == ("b-1", "b-1", "b-1")
    acme = document | {"domain": "example.org", "traefik": {"acme": {"email": "a@example.org"}}}
    assert refusals(acme) == [f"traefik.acme.machine: {NOT_SAID.format('a-1, a-2, b-1')}"]


def test_pool_of_managers_without_machines_does_not_count() -> None:
    document = changed(target(), "machines.pools.a", {"role": "manager", "count": 0})
    assert taken(document).nfs_machine == "manager-1"


def test_hosts_with_names_of_their_own_require_a_machine_for_each_service() -> None:
    cases = [(("1", "2", "3"), True), (("ber",), True), (("2", "3", "4"), False), (("a", "b", "c"), False)]
    for members, clear in cases:
        hosts = {
            name: {"address": f"192.0.2.{number}", "host_key": HOST_KEY} for number, name in enumerate(members, start=1)
        }
        document = changed(existing(), "machines.pools.manager.hosts", hosts)
        if clear:
            assert taken(document).api_manager == f"manager-{members[0]}"
        else:
            names = ", ".join(f"manager-{member}" for member in members)
            assert refusals(document) == [f"{path}: {NOT_SAID.format(names)}" for path in PLACED]


def test_service_without_a_machine_of_its_own_is_not_on_a_lost_one() -> None:
    document = changed(target(managers=3), "machines.lost", ["manager-1"])
    assert refusals(document) == [
        f"{path}: not given, which means manager-1; allowed: one of {allowed}"
        for path, allowed in (
            ("nfs.machine", "manager-2, manager-3, worker-1, worker-2"),
            ("monitoring.machine", "manager-2, manager-3, worker-1, worker-2"),
        )
    ]


def test_public_network_with_the_name_of_an_internal_one_is_refused() -> None:
    for name in ("docker-api", "monitoring"):
        (line,) = refusals(changed(target(), "swarm.public_network.name", name))
        assert line.startswith(f'swarm.public_network.name: "{name}" given; allowed: a name other than ')
        assert name in line.partition("other than")[2]


def test_mail_server_requires_an_address_to_write_from() -> None:
    document = target(monitoring={"smtp": {"host": "mail.example.org"}})
    assert refusals(document) == [
        "monitoring.smtp.from_address: not given; required: sender address of mails, such as ops@example.org"
    ]


def test_mails_require_a_mail_server() -> None:
    document = changed(target(), "monitoring.alertmanager.email_to", ["a@example.org"])
    assert refusals(document) == [
        "monitoring.smtp: not given; required: the mail server, as monitoring.alertmanager.email_to is given"
    ]
    server = {"host": "mail.example.org", "from_address": "a@example.org"}
    assert taken(changed(document, "monitoring.smtp", server))


def test_unknown_image_is_refused_with_those_that_there_are() -> None:
    (line,) = refusals(changed(target(), "images.minio", "minio/minio:latest"))
    assert line == f"images.minio: unknown key; allowed in images: {', '.join(ImagesSettings.model_fields)}"


def test_mistakes_of_different_sections_are_told_at_once() -> None:
    document = target(nfs={"machine": "worker-9"}, s3={"port": 443})
    document = changed(document, API_MANAGER, "worker-1")
    document = changed(document, "firewall.management", ["192.0.2.0/24"])
    document = changed(document, "engine.address_pools", [{"base": "10.77.0.0/17"}])
    assert [line.split(":")[0] for line in refusals(document)] == [
        "engine.address_pools[0].base",
        API_MANAGER,
        "nfs.machine",
        "s3.port",
        "firewall.management",
    ]


def test_labels_of_the_programs_own_are_refused() -> None:
    for document, path in (
        (target(), "machines.pools.worker.labels"),
        (existing(), "machines.pools.worker.hosts.1.labels"),
    ):
        for key in ("nuvla-swarm.machine", "nuvla_swarm.machine", "nuvla-swarm.given"):
            assert refusals(changed(document, path, {key: "x"})) == [
                f"{path}.{key}: {key} given; allowed: a label that does not begin with nuvla-swarm."
            ]
