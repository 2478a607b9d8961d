"""The line of a wrong value has a right one: no regular expression, and an example that the program accepts."""

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
from tests.support.configs import HOST_KEY, changed, existing, exoscale, target, without

SCHEMA = Settings.model_json_schema()
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
    (exoscale(), "machines.pools.worker.size", "Standard.Large", "standard.large"),
]


def test_a_line_asks_for_the_value_that_was_meant() -> None:
    found = {str(value): refusals(changed(document, path, value)) for document, path, value, _ in MEANT}
    assert {
        str(value): found[str(value)]
        for _, _, value, meant in MEANT
        if not found[str(value)][0].endswith(f"; did you mean {meant}?")
    } == {}


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("203.0.113.7/24", "did you mean 203.0.113.0/24 (the network) or 203.0.113.7/32 (this address)?"),
        ("2001:db8::/32", "this one is IPv6, and only IPv4 is supported"),
    ],
)
def test_a_wrong_network_gets_the_networks_that_were_meant(value: str, advice: str) -> None:
    assert refusals(changed(target(), "firewall.management[1]", value)) == [
        f'firewall.management[1]: "{value}" given; allowed: an IPv4 network, such as 10.77.0.0/16; {advice}'
    ]


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
    path = "machines.pools.worker.hosts.1.host_key"
    for value in (f"{HOST_KEY} root@host", f"{HOST_KEY}\n", f" {HOST_KEY}\tme", HOST_KEY.replace(" ", "  ")):
        assert refusals(changed(existing(), path, value)) == []


def test_a_line_of_known_hosts_is_no_host_key() -> None:
    path = "machines.pools.worker.hosts.1.host_key"
    for before in ("192.0.2.7", "[192.0.2.7]:2222", "|1|abc=|def="):
        (line,) = refusals(changed(existing(), path, f"{before} {HOST_KEY}"))
        assert line.endswith(f"; write it without what stands before it: {HOST_KEY}")


def test_a_system_by_its_name_gets_the_command_that_writes_its_id() -> None:
    for path in ("machines.template", "machines.template.id"):
        (line,) = refusals(changed(exoscale(), path, "Linux Ubuntu 24.04 LTS 64-bit"))
        assert line.endswith('make template STACK=<stack> NAME="Linux Ubuntu 24.04 LTS 64-bit"'), line


def test_hosts_as_a_list_get_an_object_with_names() -> None:
    (line,) = refusals(changed(existing(), "machines.pools.worker.hosts", [{"address": "192.0.2.12"}]))
    assert 'allowed: an object of keys and values, such as {"1": {"address": "192.0.2.7", "host_key": "ssh-' in line


UNKNOWN = [
    (target(), "traefik.acces_log", "did you mean access_log?"),
    (target(), "firewal", "did you mean firewall?"),
    (target(), "machines.pools.worker.size", "size is for machines.provider: exoscale"),
    (target(), "machines.pools.worker.hosts", "hosts is for machines.provider: existing"),
    (exoscale(), "machines.subnet", "subnet is for machines.provider: local"),
    (existing(), "machines.pools.worker.count", "count is for machines.provider: local or machines.provider: exoscale"),
    (target(), "acme", "did you mean traefik.acme?"),
    (target(), "prometheus", "did you mean monitoring.prometheus or volumes.prometheus or images.prometheus?"),
    (target(), "monitoring.email_to", "did you mean monitoring.alertmanager.email_to?"),
    (
        target(),
        "monitoring.smtp_password",
        "smtp_password is a secret: `pulumi config set --secret nuvla-swarm:smtp_password`",
    ),
]


def test_an_unknown_key_gets_the_key_that_was_meant() -> None:
    found = {path: refusals(changed(document, path, "x")) for document, path, _ in UNKNOWN}
    wrong = {
        path: found[path] for _, path, end in UNKNOWN if not any(line.endswith(f"; {end}") for line in found[path])
    }
    assert wrong == {}


def test_missing_sections_name_the_command_that_copies_an_example() -> None:
    for section in ("kind", "machines", "firewall"):
        (line,) = refusals(without(target(), section))
        assert line.endswith("`make stack NAME=<stack> FROM=exoscale-target`")
