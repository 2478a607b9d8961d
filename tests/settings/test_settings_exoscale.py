"""Settings of machines on Exoscale: what a person reads who made a mistake, and the API key from wherever it is."""

from typing import Any

import pytest

from tests.settings.loading import load, mistakes
from tests.support.configs import changed, on_exoscale, target

KEYS = {"exoscale_api_key": "EXO-of-a-test", "exoscale_api_secret": "of-a-test"}
DOCUMENT = on_exoscale(target())
UNSET = (
    "not given; required: an API key of your Exoscale organization and its secret, as secrets of the stack "
    "or as EXOSCALE_API_KEY and EXOSCALE_API_SECRET in the environment"
)


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.delenv(key.upper(), raising=False)


def test_an_api_key_is_required_in_one_line() -> None:
    assert mistakes(DOCUMENT) == [f"exoscale_api_key, exoscale_api_secret: {UNSET}"]


@pytest.mark.parametrize(("there", "missing"), [tuple(KEYS), tuple(reversed(KEYS))])
def test_one_half_of_it_is_not_enough(there: str, missing: str) -> None:
    assert mistakes(DOCUMENT, {there: KEYS[there]}) == [f"{missing}: {UNSET}"]


def test_it_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, text in KEYS.items():
        monkeypatch.setenv(key.upper(), text)
    assert load(DOCUMENT).machines.provider == "exoscale"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOSCALE_API_SECRET", "")
    assert mistakes(DOCUMENT, {"exoscale_api_key": "EXO"}) == [f"exoscale_api_secret: {UNSET}"]


def test_other_machines_need_none() -> None:
    assert load(target()).machines.provider == "local"


def test_an_api_key_in_plain_text_is_refused_and_not_repeated() -> None:
    (line,) = mistakes(DOCUMENT, {"exoscale_api_key": "EXO"}, plain={"exoscale_api_secret": "of-a-test"})
    assert line == (
        "exoscale_api_secret: given in plain text; "
        "allowed: a secret, `pulumi config set --secret nuvla-swarm:exoscale_api_secret`"
    )


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("machines.zone", "geneva", r'machines.zone: "geneva" given; allowed: text that matches ^[a-z]{2}-[a-z]{2,3}'),
        ("machines.template.id", "Ubuntu", 'machines.template.id: "Ubuntu" given; allowed: text that matches '),
        ("machines.pools.worker.size", "large", 'machines.pools.worker.size: "large" given; allowed: text that'),
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
        ("machines.private_network", "10.200.0.0/16", "engine.address_pools[0].base: 10.200.0.0/16 given; allowed: a"),
        (
            "firewall.management",
            ["10.90.0.7/16"],
            'firewall.management[0]: "10.90.0.7/16" given; allowed: an IPv4 network',
        ),
        ("volumes.nfs", {"block_storage": True, "size_gib": 9}, "volumes.nfs.size_gib: 9 given; allowed: at least 10"),
        (
            "volumes.nfs",
            {"id": "kept"},
            "volumes.nfs.import_id: kept given; allowed: only with a volume that outlives its machine",
        ),
    ],
)
def test_a_value_that_exoscale_would_refuse_is_refused_before_anything_is_made(
    path: str, value: Any, line: str
) -> None:
    (found,) = mistakes(changed(DOCUMENT, path, value), KEYS)
    assert found.startswith(line)


def test_networks_of_people_may_not_lie_in_the_private_network() -> None:
    document = changed(on_exoscale(target(), private_network="10.90.0.0/16"), "firewall.nuvla", ["10.90.1.0/24"])
    assert mistakes(document, KEYS) == [
        "firewall.nuvla[0]: 10.90.1.0/24 given; allowed: a network outside machines.private_network, 10.90.0.0/16"
    ]


def test_a_private_network_is_of_one_zone() -> None:
    document = on_exoscale(target(), private_network="10.90.0.0/16")
    (line,) = mistakes(changed(document, "machines.pools.worker.zone", "at-vie-1"), KEYS)
    assert line.startswith("machines.private_network: 10.90.0.0/16 given beside pools in at-vie-1; allowed: only with")


def test_a_private_network_without_room_for_the_pools_is_refused() -> None:
    document = on_exoscale(target(), private_network="10.90.0.0/24")  # three blocks of addresses for four pools
    for pool in ("one", "two"):
        document = changed(document, f"machines.pools.{pool}", {"role": "worker"})
    (line,) = mistakes(document, KEYS)
    assert "fall on the same addresses of 10.90.0.0/24" in line
