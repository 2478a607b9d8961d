"""What a person reads whose firewall, files or services do not fit together, and that nothing is made then."""

from typing import Any

import pytest

from stacks.config.images import ImagesSettings
from tests.settings.loading import load, mistakes
from tests.support.configs import HOST_KEY, changed, existing, secrets_for, target


def test_management_has_to_be_named() -> None:
    required = "not given; required: networks of the operators, and of this program"
    assert mistakes(target(firewall={})) == [f"firewall.management: {required}"]
    assert mistakes(target(firewall={"management": []})) == [
        "firewall.management: [] given; allowed: at least 1 of them"
    ]


def test_a_firewall_that_locks_out_this_program_is_refused() -> None:
    given = changed(target(), "firewall.management", ["192.0.2.0/24", "10.77.0.2/32"])
    assert mistakes(given) == [
        "firewall.management: 192.0.2.0/24, 10.77.0.2/32 given; "
        "allowed: networks that hold 10.77.0.1, from which this program reaches local machines"
    ]
    assert load(changed(given, "firewall.management[2]", "10.64.0.0/10"))


@pytest.mark.parametrize(
    ("first", "last", "covered"),
    [
        (8000, 60999, "8080 (traefik), 9323 (engine metrics)"),
        (9323, 9324, "9323 (engine metrics)"),
        (2377, 4789, "2377 (swarm), 4045 (nfs), 4046 (nfs), 4789 (swarm)"),
        (1024, 2049, "2049 (nfs)"),
    ],
)
def test_an_ephemeral_range_over_fixed_ports_is_refused_with_each_of_them(first: int, last: int, covered: str) -> None:
    document = changed(target(s3={"port": 65535}), "firewall.ephemeral", {"first": first, "last": last})
    assert mistakes(document) == [f"firewall.ephemeral: {first} to {last} given; allowed: a range without {covered}"]


@pytest.mark.parametrize("last", [40000, 39999])
def test_a_range_that_ends_before_its_second_port_is_refused(last: int) -> None:
    document = changed(target(), "firewall.ephemeral", {"first": 40000, "last": last})
    assert mistakes(document) == [
        f"firewall.ephemeral.last: {last} given; allowed: more than first, 40000",
    ]


def test_mountds_port_may_lie_in_the_range() -> None:
    assert load(changed(target(), "firewall.ephemeral", {"first": 33333, "last": 33334}))


@pytest.mark.parametrize(
    ("port", "service"),
    [(22, "ssh"), (80, "http"), (111, "nfs"), (2376, "docker api"), (8080, "traefik"), (9323, "engine metrics")],
)
def test_a_port_of_s3_that_another_row_has_is_refused_with_its_owner(port: int, service: str) -> None:
    assert mistakes(target(s3={"port": port})) == [
        f"s3.port: {port} given; allowed: a port that is not taken by {service}"
    ]


def test_a_port_of_s3_among_those_of_applications_is_refused_and_mountds_as_such() -> None:
    assert mistakes(target(s3={"port": 60999})) == [
        "s3.port: 60999 given; allowed: a port outside firewall.ephemeral, 32768 to 60999"
    ]
    assert mistakes(target(s3={"port": 33333})) == ["s3.port: 33333 given; allowed: a port that is not taken by nfs"]


def test_no_port_of_s3_is_wrong_where_there_is_no_s3() -> None:
    assert load(target(s3={"enabled": False, "port": 22}))


def test_s3_without_files_is_refused() -> None:
    assert mistakes(target(nfs={"enabled": False})) == [
        "s3.enabled: true given; allowed: false, as nfs.enabled is false and S3 serves its files"
    ]


@pytest.mark.parametrize("setting", ["nfs.machine", "monitoring.machine"])
def test_a_machine_that_does_not_exist_is_refused_with_those_that_do(setting: str) -> None:
    assert mistakes(changed(target(workers=1), setting, "manager-2")) == [
        f'{setting}: "manager-2" given; allowed: one of manager-1, worker-1'
    ]


@pytest.mark.parametrize("setting", ["nfs.machine", "monitoring.machine"])
@pytest.mark.parametrize("availability", ["drain", "pause"])
def test_a_machine_on_which_nothing_may_run_is_refused(setting: str, availability: str) -> None:
    document = changed(target(workers=1), "machines.pools.worker.availability", availability)
    assert mistakes(changed(document, setting, "worker-1")) == [
        f'{setting}: "worker-1" given, which runs no services, by the availability of its pool; '
        "allowed: one of manager-1"
    ]


def test_without_a_manager_on_which_services_may_run_there_is_no_entry() -> None:
    assert mistakes(changed(target(), "machines.pools.manager.availability", "drain")) == [
        "machines.pools: no active manager; required: one at least, since Traefik runs on managers"
    ]


NOT_SAID = (
    "not given; required: one of {}, as there is more than one pool of managers, or hosts with names of their own"
)
SAID = ("swarm.api_manager", "monitoring.machine", "nfs.machine")
TWO_POOLS = changed(target(), "machines.pools", {"b": {"role": "manager"}, "a": {"role": "manager", "count": 2}})


def test_with_more_than_one_pool_of_managers_what_runs_where_is_said() -> None:
    """Pulumi hands pools over by the alphabet, whatever the file says."""
    assert mistakes(TWO_POOLS) == [f"{path}: {NOT_SAID.format('a-1, a-2, b-1')}" for path in SAID]
    document = TWO_POOLS
    for path in SAID:
        document = changed(document, path, "b-1")
    settings = load(document)
    assert (settings.api_manager, settings.nfs_machine, settings.monitoring_machine) == ("b-1", "b-1", "b-1")
    acme = document | {"domain": "example.org", "traefik": {"acme": {"email": "a@example.org"}}}
    assert mistakes(acme) == [f"traefik.acme.machine: {NOT_SAID.format('a-1, a-2, b-1')}"]


def test_a_pool_without_machines_leaves_no_doubt() -> None:
    document = changed(target(), "machines.pools.a", {"role": "manager", "count": 0})
    assert load(document).nfs_machine == "manager-1"


@pytest.mark.parametrize(
    ("members", "clear"),
    [(("1", "2", "3"), True), (("ber",), True), (("2", "3", "4"), False), (("a", "b", "c"), False)],
)
def test_hosts_with_names_of_their_own_have_no_first_one(members: tuple[str, ...], clear: bool) -> None:
    hosts = {
        name: {"address": f"192.0.2.{number}", "host_key": HOST_KEY} for number, name in enumerate(members, start=1)
    }
    document = changed(existing(), "machines.pools.manager.hosts", hosts)
    if clear:
        assert load(document, secrets_for(document)).api_manager == f"manager-{members[0]}"
    else:
        names = ", ".join(f"manager-{member}" for member in members)
        assert mistakes(document, secrets_for(document)) == [f"{path}: {NOT_SAID.format(names)}" for path in SAID]


def test_what_is_nowhere_said_is_not_on_a_machine_that_is_lost() -> None:
    document = changed(target(managers=3), "machines.lost", ["manager-1"])
    assert mistakes(document) == [
        f"{path}: not given, which means manager-1; allowed: one of {allowed}"
        for path, allowed in (
            ("swarm.api_manager", "manager-2, manager-3"),
            ("nfs.machine", "manager-2, manager-3, worker-1, worker-2"),
            ("monitoring.machine", "manager-2, manager-3, worker-1, worker-2"),
        )
    ]


@pytest.mark.parametrize("name", ["docker-api", "monitoring"])
def test_a_public_network_with_the_name_of_an_internal_one_is_refused(name: str) -> None:
    (line,) = mistakes(changed(target(), "swarm.public_network.name", name))
    assert line.startswith(f'swarm.public_network.name: "{name}" given; allowed: a name other than ')
    assert name in line.partition("other than")[2]


def test_a_mail_server_without_an_address_to_write_from_is_refused() -> None:
    document = target(monitoring={"smtp": {"host": "mail.example.org"}})
    assert mistakes(document) == ["monitoring.smtp.from_address: not given; required: address that mails come from"]


def test_mails_without_a_mail_server_are_refused() -> None:
    document = changed(target(), "monitoring.alertmanager.email_to", ["a@example.org"])
    assert mistakes(document) == [
        "monitoring.smtp: not given; required: the mail server, as monitoring.alertmanager.email_to is given"
    ]
    server = {"host": "mail.example.org", "from_address": "a@example.org"}
    assert load(changed(document, "monitoring.smtp", server))


def test_the_name_and_the_password_of_a_login_are_required_together() -> None:
    server = {"host": "mail.example.org", "from_address": "a@example.org"}
    open_server = target(monitoring={"smtp": server})
    login = target(monitoring={"smtp": server | {"username": "me"}})
    both = "not given; required: the name and the password of a login to the mail server, or neither to do without"
    assert mistakes(login) == [f"smtp_password: {both}"]
    assert mistakes(open_server, {"smtp_password": "WORD"}) == [f"monitoring.smtp.username: {both}"]
    assert mistakes(target(), {"smtp_password": "WORD"}) == [f"monitoring.smtp.username: {both}"]
    assert load(login, {"smtp_password": "WORD"})
    assert load(open_server)


@pytest.mark.parametrize("secret", ["smtp_password", "alert_webhook_url"])
def test_every_secret_in_plain_text_is_refused_and_not_repeated(secret: str) -> None:
    lines = mistakes(target(), plain={secret: "https://hook.example.org/WORD"})
    allowed = f"a secret, `pulumi config set --secret nuvla-swarm:{secret}`"
    assert f"{secret}: given in plain text; allowed: {allowed}" in lines
    assert "WORD" not in str(lines)


def test_an_unknown_image_is_refused_with_those_that_there_are() -> None:
    (line,) = mistakes(changed(target(), "images.minio", "minio/minio:latest"))
    assert line == f"images.minio: unknown key; allowed in images: {', '.join(ImagesSettings.model_fields)}"


def test_mistakes_of_different_sections_are_told_at_once() -> None:
    document = target(nfs={"machine": "worker-9"}, s3={"port": 443}, swarm={"entry": "worker-1"})
    document = changed(document, "firewall.management", ["192.0.2.0/24"])
    document = changed(document, "engine.address_pools", [{"base": "10.77.0.0/17"}])
    assert [line.split(":")[0] for line in mistakes(document)] == [
        "engine.address_pools[0].base",
        "swarm.api_manager",
        "nfs.machine",
        "firewall.management",
        "s3.port",
    ]


@pytest.mark.parametrize("key", ["nuvla-swarm.machine", "nuvla_swarm.machine", "nuvla-swarm.given"])
@pytest.mark.parametrize(
    ("document", "path"),
    [(target(), "machines.pools.worker.labels"), (existing(), "machines.pools.worker.hosts.1.labels")],
)
def test_a_label_of_the_programs_own_is_refused(document: dict[str, Any], path: str, key: str) -> None:
    assert mistakes(changed(document, path, {key: "x"}), secrets_for(document)) == [
        f"{path}.{key}: {key} given; allowed: a label that does not begin with nuvla-swarm."
    ]
