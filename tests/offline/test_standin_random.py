"""The stand-in of ``random`` draws passwords as the released plugin does."""

import string
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.offline import plugin
from tests.offline.plugin import UNKNOWN, Made, Plugin, is_secret, plain, secret

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
CLASSES = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "numeric": string.digits,
    "special": SPECIAL,
}
OFF = dict.fromkeys(CLASSES, False)
LENGTH = {"length": 24}
MANY = {"length": 1000}  # enough for every character of a class to be drawn


@pytest.fixture(scope="module")
def random() -> Iterator[Plugin]:
    with plugin.running(plugin.standin("random")) as found:
        yield found


@pytest.fixture(scope="module")
def password(random: Plugin) -> Plugin:
    return random.of("random:index/randomPassword:RandomPassword")


@pytest.fixture(scope="module")
def text(random: Plugin) -> Plugin:
    return random.of("random:index/randomString:RandomString")


@pytest.fixture(scope="module")
def made(password: Plugin) -> Made:
    return password.create(LENGTH)


def result(made: Made) -> str:
    return str(plain(made.outputs["result"]))


def matches(hashed: str, password: str) -> bool:
    """Whether the C library, too, makes this hash of the password."""
    command = ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, hashed]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout == hashed


def test_the_result_and_its_hash_are_secret(made: Made) -> None:
    assert {name for name, value in made.outputs.items() if is_secret(value)} == {"result", "bcryptHash"}


def test_the_id_tells_nothing(made: Made) -> None:
    assert made.id == made.outputs["id"] == "none"


def test_the_length_is_the_wanted_one(made: Made) -> None:
    assert len(result(made)) == 24


def test_no_two_are_alike(password: Plugin, made: Made) -> None:
    assert result(password.create(LENGTH)) != result(made)


@pytest.mark.parametrize("name", CLASSES)
def test_only_the_wanted_classes_are_drawn(password: Plugin, name: str) -> None:
    assert set(result(password.create(MANY | OFF | {name: True}))) == set(CLASSES[name])
    assert not set(result(password.create(MANY | {name: False}))) & set(CLASSES[name])


def test_every_class_is_on_by_default(password: Plugin) -> None:
    assert all(set(result(password.create(MANY))) & set(alphabet) for alphabet in CLASSES.values())


def test_special_characters_can_be_others(password: Plugin) -> None:
    assert set(result(password.create(MANY | OFF | {"special": True, "overrideSpecial": "_~"}))) == {"_", "~"}
    assert set(result(password.create(MANY | OFF | {"special": True, "overrideSpecial": ""}))) == set(SPECIAL)


def test_there_are_so_many_of_each_class(password: Plugin) -> None:
    """The sum of the minima is the length, so that each is exact."""
    minima = {"minUpper": 1, "minLower": 2, "minNumeric": 3, "minSpecial": 4}
    found = result(password.create({"length": 10} | minima))
    counts = {f"min{name.title()}": sum(found.count(c) for c in alphabet) for name, alphabet in CLASSES.items()}
    assert counts == minima


def test_a_minimum_counts_also_where_its_class_is_off(password: Plugin) -> None:
    found = result(password.create(MANY | OFF | {"lower": True, "minNumeric": 2}))
    assert sum(character in string.digits for character in found) == 2


def test_the_order_is_random(password: Plugin) -> None:
    """Twenty characters of one class and twenty of another fall apart by chance once in 10^10 times."""
    wish = OFF | {"length": 40, "upper": True, "minUpper": 20, "minNumeric": 20}
    found = [c.isdigit() for c in result(password.create(wish))]
    assert found not in (sorted(found), sorted(found, reverse=True))


def test_the_hash_is_of_the_result(made: Made) -> None:
    hashed = plain(made.outputs["bcryptHash"])
    assert hashed.startswith("$2a$10$")
    assert matches(hashed, result(made))
    assert not matches(hashed, result(made)[:-1])


def test_a_long_one_is_hashed_as_far_as_bcrypt_goes(password: Plugin) -> None:
    long = password.create({"length": 100})
    assert matches(plain(long.outputs["bcryptHash"]), result(long))


def test_the_state_has_the_defaults(made: Made) -> None:
    assert made.inputs == LENGTH
    assert {k: v for k, v in made.outputs.items() if k not in ("id", "result", "bcryptHash")} == {
        **LENGTH,
        **dict.fromkeys(("upper", "lower", "number", "numeric", "special"), True),
        **dict.fromkeys(("minUpper", "minLower", "minNumeric", "minSpecial"), 0),
    }


@pytest.mark.parametrize("name", ["number", "numeric"])
def test_the_old_name_of_numeric_is_kept_alike(password: Plugin, name: str) -> None:
    made = password.create(LENGTH | {name: False})
    assert (made.outputs["number"], made.outputs["numeric"]) == (False, False)
    assert not set(result(made)) & set(string.digits)


def test_the_same_inputs_are_no_change(password: Plugin, made: Made) -> None:
    assert password.diff(made, LENGTH) == {}
    assert password.diff(made, LENGTH | {"special": True, "minUpper": 0, "number": True}) == {}


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"length": 25}, {"length": "UPDATE_REPLACE"}),
        ({"special": False}, {"special": "UPDATE_REPLACE"}),
        ({"upper": False}, {"upper": "UPDATE_REPLACE"}),
        ({"lower": False}, {"lower": "UPDATE_REPLACE"}),
        ({"numeric": False}, {"number": "UPDATE_REPLACE", "numeric": "UPDATE_REPLACE"}),
        ({"minUpper": 1}, {"minUpper": "UPDATE_REPLACE"}),
        ({"minLower": 1}, {"minLower": "UPDATE_REPLACE"}),
        ({"minNumeric": 1}, {"minNumeric": "UPDATE_REPLACE"}),
        ({"minSpecial": 1}, {"minSpecial": "UPDATE_REPLACE"}),
        ({"overrideSpecial": "_"}, {"overrideSpecial": "ADD_REPLACE"}),
        ({"keepers": {"generation": "1"}}, {"keepers": "ADD_REPLACE"}),
    ],
)
def test_any_changed_input_replaces(
    password: Plugin, made: Made, change: dict[str, Any], kinds: dict[str, str]
) -> None:
    assert password.diff(made, LENGTH | change) == kinds


@pytest.mark.parametrize("generation", ["2", UNKNOWN])
def test_a_changed_keeper_replaces(password: Plugin, generation: str) -> None:
    kept = password.create(LENGTH | {"keepers": {"generation": "1"}})
    changed = LENGTH | {"keepers": {"generation": generation}}
    assert password.diff(kept, kept.inputs) == {}
    assert password.diff(kept, changed) == {"keepers.generation": "UPDATE_REPLACE"}


def test_a_refresh_keeps_it(password: Plugin, made: Made) -> None:
    assert password.read(made) == made


def test_a_preview_draws_nothing(password: Plugin) -> None:
    found = password.preview(LENGTH)
    assert (found["result"], found["bcryptHash"]) == (secret(UNKNOWN), secret(UNKNOWN))
    assert (found["length"], found["special"], found["minUpper"]) == (24, True, 0)


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({}, "length"),
        ({"length": 0}, "length"),
        ({"length": 5, "minUpper": 3, "minSpecial": 3}, "length"),
        ({"length": 5, "minUpper": -1}, "minUpper"),
        (LENGTH | {"number": True, "numeric": False}, "number"),
        (LENGTH | OFF, "numeric"),
        (LENGTH | {"keepers": {"generation": 1}}, "keepers.generation"),
        (LENGTH | {"result": "chosen"}, "result"),
    ],
)
def test_check_names_the_wrong_input(password: Plugin, inputs: dict[str, Any], path: str) -> None:
    assert list(password.failures(inputs)) == [path]


def test_what_is_not_yet_known_is_not_wrong(password: Plugin) -> None:
    assert password.failures({"length": UNKNOWN, "minUpper": 3, "minSpecial": 3}) == {}
    assert password.failures(LENGTH | OFF | {"special": UNKNOWN}) == {}


def test_a_string_is_its_own_id_and_no_secret(text: Plugin) -> None:
    made = text.create(LENGTH | {"special": False})
    assert made.id == made.outputs["id"] == made.outputs["result"]
    assert "bcryptHash" not in made.outputs
    assert text.diff(made, made.inputs) == {}


def test_pythons_own_module_is_not_hidden() -> None:
    """Every stand-in has the folder of all of them first on its path, where this one's is named ``random``."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import random; print(random.Random.__module__)"
    command = [sys.executable, "-c", script, str(plugin.PLUGINS)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.stdout == "random\n", run.stderr
