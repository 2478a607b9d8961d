"""A hostile tenant of a target on three managers, and of a host: see test_neighbours.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.asked import ask, bucket
from tests.e2e.harness import Stack, stack
from tests.e2e.hostile import RESTARTED, Questions, assert_they_take_nothing, away, questions_at
from tests.e2e.moments import wait_for
from tests.e2e.neighbours import Program, applications, program_of
from tests.e2e.networks import here, subnet_of

pytestmark = pytest.mark.slow

SUBNET = subnet_of("neighbours")
KINDS: dict[str, dict[str, Any]] = {
    "target": {"nfs": {"server": "ganesha"}, "s3": {}},
    "host": {},
}
MANAGERS = ("manager-1", "manager-2", "manager-3")


@dataclass(frozen=True)
class Place:
    """Where the applications are."""

    stack: Stack
    user: requests.Session
    asked: Questions
    program: Program


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An infrastructure on three managers with all that its kind has."""
    kind = request.param
    settings = {
        "kind": kind,
        "machines": {
            "provider": "local",
            "subnet": SUBNET,
            "pools": {"manager": {"role": "manager", "count": 3}},
        },
        "firewall": {"management": [here(SUBNET)], "users": [here(SUBNET)]},
        "monitoring": {"machine": "manager-1"},
    }
    with stack(f"e2e-neighbours-{kind}", Path(tmp_path_factory.mktemp(kind)), settings | KINDS[kind]) as made:
        result = made.up()
        assert result.code == 0, result.text
        exported = made.outputs()
        with made.user() as user:
            asked = questions_at(made, MANAGERS, exported, user)
            assert len(asked) == len(MANAGERS) * (12 if kind == "target" else 9)
            with bucket(exported, user):
                wait_for(lambda: away(ask(asked)) == {}, "all is answered", 120)
                yield Place(made, user, asked, program_of(made, MANAGERS[0]))


def test_its_applications_take_nothing(place: Place) -> None:
    made = list(applications(place.program))
    assert len(made) > 30
    assert_they_take_nothing(place.stack, "manager-2", place.user, place.asked, made)


def test_nor_do_they_while_the_program_s_services_start_anew(place: Place) -> None:
    restarted = tuple(name for name in RESTARTED if name in place.program.names)
    made = list(applications(place.program))
    assert_they_take_nothing(place.stack, "manager-3", place.user, place.asked, made, restarted=restarted)
