"""The line of a wrong value has a right one: no regular expression, and an example that the program accepts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from docs.settings_table import settings
from stacks.config import examples
from stacks.config.errors import ALLOWED
from stacks.config.settings import Settings
from tests.settings.loading import refusals
from tests.settings.rows import concrete
from tests.settings.table import ROWS
from tests.support.configs import HOST_KEY, TEMPLATE, changed, existing, exoscale, target, without

SCHEMA = Settings.model_json_schema()
HOST_PATH = "machines.pools.worker.hosts.1"
WRONG: list[Any] = [
    *(3, -1, 10**9, 2.5, True, None, "", "x y\n", "Ä~", "yes", "TRUE", "30000", "15 days", "999.1.1.1/33", "A" * 200),
    *([], [1], ["a b"], [None], [{}], {}, {"a b": 1}, {"nonsense": 1}, {"A": {}}, {"worker": 1}, {"a": {"b": []}}),
]
Lines = list[tuple[str, dict[str, Any], str]]  # path, document and refusal
PATTERN = re.compile(r"\^|\\[dwsS]|\[a-z|\(\?|\.\*|text that matches|Input should|String should")


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all schemas inside a schema."""
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from schemas(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from schemas(part)


def test_every_text_with_a_pattern_has_an_example_that_the_pattern_accepts() -> None:
    found = [one for one in schemas(SCHEMA) if isinstance(one.get("pattern"), str)]
    assert len({one["pattern"] for one in found}) > 15
    assert [one for one in found if "examples" not in one] == [], "use TextForm instead of a plain pattern"
    assert [one for one in found if not all(re.fullmatch(one["pattern"], text) for text in one["examples"])] == []


def wrong_lines() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the path of each setting, its document, and each line that refuses a wrong value there."""
    for row in ROWS:
        document, path = row.values.document(), concrete(row.path)
        for value in WRONG:
            for line in refusals(changed(document, path, value)):
                yield path, document, line


@pytest.fixture(scope="module", name="lines")
def fixture_lines() -> list[tuple[str, dict[str, Any], str]]:
    """Return all refusals of wrong values."""
    return list(wrong_lines())


def test_no_line_shows_a_regular_expression(lines: Lines) -> None:
    assert len(lines) > 2000
    said = [line.partition("; allowed: ")[2] for _, _, line in lines]
    assert [text for text in said if PATTERN.search(text)] == []


def test_every_line_of_a_wrong_value_lists_or_shows_a_right_one(lines: Lines) -> None:
    plain = [line for _, _, line in lines if line.endswith(tuple(f"; allowed: {text}" for text in ALLOWED.values()))]
    assert {line.rpartition("; allowed: ")[2] for line in plain} <= {"true or false"}


def test_the_example_in_a_line_is_accepted(lines: Lines) -> None:
    wrong = set()
    for path, document, line in lines:
        place, _, told = line.partition(": ")
        if place != path or ", such as " not in told or "; allowed: " not in told:
            continue
        value = yaml.safe_load(told.rpartition(", such as ")[2].partition("; ")[0])
        again = refusals(changed(document, path, value))
        if any(" given; allowed: " in one and one.startswith(f"{path}: ") and "such as" in one for one in again):
            wrong.add((line, *again))
    assert wrong == set()


def test_the_page_shows_an_example_for_each_text_with_a_pattern() -> None:
    patterned = [setting for setting in settings() if isinstance(setting.schema.get("pattern"), str)]
    assert [setting.path for setting in patterned if not examples.example(setting.schema, SCHEMA)] == []


MEANT = [
    (target(), "traefik.log_level", "info", "INFO"),
    (target(), "machines.pools.worker.role", "Worker", "worker"),
    (target(), "machines.provider", "exoscal", "exoscale"),
    (target(), "machines.pools.worker.count", "3", "3, without quotes"),
    (target(), "monitoring.enabled", "yes", "true, without quotes"),
    (target(), "domain", "https://Swarm.example.org/", "swarm.example.org"),
    (target(), "domain", "Swarm.Example.org", "swarm.example.org"),
    (target(), "monitoring.prometheus.retention_time", "15 d", "15d"),
    (target(), "monitoring.prometheus.retention_size", "5 GB", "5GB"),
    (exoscale(), "machines.zone", "CH-GVA-2", "ch-gva-2"),
    (target(), "monitoring.prometheus.retention_time", "15 days", "15d"),
    (target(), "monitoring.prometheus.retention_time", "2weeks", "2w"),
    (target(), "monitoring.prometheus.retention_time", "90 minutes", "90m"),
    (target(), "monitoring.prometheus.retention_size", "10gb", "10GB"),
    (target(), "monitoring.prometheus.retention_size", "7Gi", "7GB"),
    (target(), "monitoring.prometheus.retention_size", "900 MiB", "900MB"),
    (target(), "domain", "nuvla.example.org:443", "nuvla.example.org"),
    (target(), "domain", "*.example.com", "example.com"),
    (target(), "domain", "http://ops@a.example.org/path", "a.example.org"),
    (target(), "engine.version", "v28.5.1", "28.5.1"),
    (target(), "engine.version", "5:28.4.0-1~debian.12~bookworm", "28.4.0"),
    (target(), "engine.version", "docker-28.3.3", "28.3.3"),
    (target(), "engine.registry_mirrors[0]", "mirror.example.org/", "https://mirror.example.org"),
    (target(), "engine.registry_mirrors[0]", "HTTP://10.0.0.1:5000/v2/", "http://10.0.0.1:5000"),
    (target(), "images.traefik", "https://docker.io/traefik:v3", "docker.io/traefik:v3"),
    (target(), "monitoring.alertmanager.email_to[0]", "Ops <ops@example.org>", "ops@example.org"),
    (target(), "monitoring.smtp.host", "smtp://mail.example.org:25", "mail.example.org"),
    (target(), "firewall.extra[0].sources[0]", "user", "users"),
    (target(), "firewall.extra[0].sources[0]", "Management", "management"),
    (target(), "firewall.extra[0].sources[0]", "0.0.0.0", "0.0.0.0/0 (all addresses)"),
    (target(), "machines.proxy.http", "proxy:3128", "http://proxy:3128"),
    (target(), "traefik.min_tls", 1.3, '"1.3", in quotes'),
    (target(), "machines.pools.worker.labels.disk", 1, '"1", in quotes'),
    (target(), "machines.pools.worker.labels.disk", False, '"false", in quotes'),
    (target(), "s3", False, '{"enabled": false}'),
    (target(), "nfs", "off", '{"enabled": false}'),
    (target(), "monitoring", "yes", '{"enabled": true}'),
    (target(), "traefik.acme", "ops@example.org", '{"email": "ops@example.org"}'),
    (target(), "firewall.users[0]", "0.0.0.0", "0.0.0.0/0 (all addresses)"),
    (exoscale(), "machines.pools.worker.size", "Standard.Large", "standard.large"),
    (exoscale(), "machines.pools.worker.size", "medium", "standard.medium"),
    (exoscale(), "machines.pools.worker.size", "Extra Large", "standard.extra-large"),
    (exoscale(), "machines.pools.worker.size", "cpu-large", "cpu.large"),
    (exoscale(), "machines.zone", "ch_gva_3", "ch-gva-3"),
    (exoscale(), "machines.pools.worker.template", TEMPLATE["id"], json.dumps({"id": TEMPLATE["id"]})),
    (existing(), f"{HOST_PATH}.host_key", HOST_KEY.replace("ssh-ed", "SSH-ED"), HOST_KEY),
]


def test_a_line_asks_for_the_value_that_was_meant() -> None:
    found = {(path, str(value)): refusals(changed(document, path, value)) for document, path, value, _ in MEANT}
    assert {
        (path, meant): found[path, str(value)]
        for _, path, value, meant in MEANT
        if not any(line.endswith(f"; did you mean {meant}?") for line in found[path, str(value)])
    } == {}


def test_value_that_is_like_no_choice_gets_none_of_them() -> None:
    """The figures of versions are alike, and a wrong guess reads as advice."""
    for path, value in (("traefik.min_tls", "1.1"), ("nfs.access", "all"), ("machines.provider", "aws")):
        (line,) = refusals(changed(target(), path, value))
        assert "did you mean" not in line


def test_login_in_a_url_is_not_shown() -> None:
    for value in ("http://me:hidden@proxy:3128", "https://hidden@proxy/x y", ["https://me:hidden@proxy"]):
        for path in ("machines.proxy.http", "domain"):
            lines = refusals(changed(target(), path, value))
            assert any("://***@proxy" in line for line in lines), lines
            assert "hidden" not in str(lines)


def test_only_settings_that_name_machines_have_a_machine_as_example() -> None:
    found = {setting.path: json.dumps(examples.example(setting.schema, SCHEMA)) for setting in settings()}
    of_machines = {path for path, text in found.items() if re.search(r"manager-1|worker-1", text)}
    ends = {path for path in of_machines if not path.endswith(("machine", "api_manager", "lost", "overrides", "swarm"))}
    assert len(of_machines) > 4
    assert ends == set(), "give the field examples"


ADVISED = re.compile(r"; did you mean (\{.*\}|[^ ]+?)(?:, (?:without|in) quotes| \([^()]*\))?\?$")


def test_the_value_that_was_meant_is_accepted() -> None:
    """Advice that leads to the next mistake would be worse than none."""
    values = [*WRONG, *(value for _, _, value, _ in MEANT)]
    wrong, seen = [], 0
    for row in ROWS:
        document, path = row.values.document(), concrete(row.path)
        for line in {line for value in values for line in refusals(changed(document, path, value))}:
            meant = ADVISED.search(line)
            if not meant or not line.startswith(f"{path}: "):
                continue
            seen += 1
            again = refusals(changed(document, path, _as_typed(meant[1], line)))
            if any(one.startswith(f"{path}: ") and "; did you mean " in one for one in again):
                wrong.append((line, again))
    assert seen > 100
    assert wrong == []


def _as_typed(text: str, line: str) -> Any:
    return json.loads(text) if re.search(r" quotes\?$", line) or text.startswith("{") else text


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("203.0.113.7/24", "did you mean 203.0.113.0/24 (the network) or 203.0.113.7/32 (this address)?"),
        ("2001:db8::/32", "this one is IPv6, and only IPv4 is supported"),
        ("::1", "this one is IPv6, and only IPv4 is supported"),
        ("office.example.org", "names are not looked up"),
    ],
)
def test_a_wrong_network_of_sources_gets_the_networks_that_were_meant(value: str, advice: str) -> None:
    assert refusals(changed(target(), "firewall.management[1]", value)) == [
        f'firewall.management[1]: "{value}" given; allowed: an IPv4 network, such as 192.0.2.0/24; {advice}'
    ]


# The settings with networks of sources, then those with networks that machines and containers get addresses from.
SOURCES = [
    "firewall.management[1]",
    "firewall.nuvla[0]",
    "firewall.users[0]",
    "traefik.trusted_proxies[0]",
    "firewall.extra[0].sources[0]",
]
CREATED = ["machines.subnet", "swarm.address_pools[0]", "engine.address_pools[0].base", "machines.private_network"]


@pytest.mark.parametrize("path", [*SOURCES, *CREATED])
def test_every_network_with_host_bits_or_of_ipv6_gets_its_advice(path: str) -> None:
    """One address is no network that machines could share, so only sources may be one."""
    document = exoscale() if path == "machines.private_network" else target()
    for network in ("172.20.64.0/20", "172.20.0.0/16"):
        given = network.replace(".0/", ".9/")
        (line,) = [one for one in refusals(changed(document, path, given)) if one.startswith(f"{path}: ")]
        address = " (the network) or " + given.partition("/")[0] + "/32 (this address)" if path in SOURCES else ""
        assert line.endswith(f"; did you mean {network}{address}?"), line
    for given in ("fd00::/8", "2001:db8::7", "2001:db8::7/64"):
        (line,) = [one for one in refusals(changed(document, path, given)) if one.startswith(f"{path}: ")]
        assert line.endswith("; this one is IPv6, and only IPv4 is supported"), line


def test_an_address_of_a_host_that_is_none_is_told_why() -> None:
    cases = {
        "fd00::1": "this one is IPv6, and only IPv4 is supported",
        "host.example.org": "names are not looked up",
        "192.0.2.7/24": "without the prefix length",
    }
    for value, why in cases.items():
        (line,) = refusals(changed(existing(), "machines.pools.worker.hosts.1.address", value))
        assert line.endswith(f"an IPv4 address, such as 192.0.2.7; {why}"), line


def test_the_comment_of_a_host_key_is_dropped() -> None:
    path = f"{HOST_PATH}.host_key"
    for value in (f"{HOST_KEY} root@host", f"{HOST_KEY}\n", f" {HOST_KEY}\tme", HOST_KEY.replace(" ", "  ")):
        assert refusals(changed(existing(), path, value)) == []


def test_a_line_of_known_hosts_is_no_host_key() -> None:
    path = f"{HOST_PATH}.host_key"
    for before in ("192.0.2.7", "[192.0.2.7]:2222", "|1|abc=|def="):
        (line,) = refusals(changed(existing(), path, f"{before} {HOST_KEY}"))
        assert line.endswith(f"; write it without what stands before it: {HOST_KEY}")


def test_what_is_no_host_key_gets_the_command_that_prints_one() -> None:
    path = f"{HOST_PATH}.host_key"
    for given, advice in {
        "SHA256:uNiVztksCsDhcc0u9e8BrgmGgK4yjWlXWrBZWpcC4mE": "this is a fingerprint; `make hostkey HOST=<address>` ",
        "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48": "this is a fingerprint; `make hostkey HOST=<address>` ",
        HOST_KEY.partition(" ")[2]: "write its type before it; `make hostkey HOST=<address>` ",
    }.items():
        (line,) = refusals(changed(existing(), path, given))
        assert f"; {advice}prints " in line, line


def test_a_system_by_its_name_gets_the_command_that_writes_its_id() -> None:
    for path in ("machines.template", "machines.template.id"):
        (line,) = refusals(changed(exoscale(), path, "Linux Ubuntu 24.04 LTS 64-bit"))
        written = 'make template STACK=<stack> NAME="Linux Ubuntu 24.04 LTS 64-bit"'
        assert line.endswith(f"; to write the id of a template by its name: {written}"), line


def test_hosts_as_a_list_get_an_object_with_names() -> None:
    (line,) = refusals(changed(existing(), "machines.pools.worker.hosts", [{"address": "192.0.2.12"}]))
    assert 'allowed: an object of keys and values, such as {"1": {"address": "192.0.2.7", "host_key": "ssh-' in line


def test_missing_sections_name_the_command_that_copies_an_example() -> None:
    for section in ("kind", "machines", "firewall"):
        (line,) = refusals(without(target(), section))
        assert line.endswith("`make stack NAME=<stack> FROM=exoscale-target`")
