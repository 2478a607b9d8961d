"""The stand-in of ``random`` draws passwords as the released plugin does."""

import string
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.offline import plugin
from tests.offline.plugin import UNKNOWN, Made, Plugin, is_secret, plain, secret
from tests.support.rows import rows

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
    command = ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", "--", password, hashed]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout == hashed


def test_password_and_hash_are_secret(made: Made) -> None:
    assert {name for name, value in made.outputs.items() if is_secret(value)} == {"result", "bcryptHash"}


def test_password_id_is_none(made: Made) -> None:
    assert made.id == made.outputs["id"] == "none"


def test_password_has_the_given_length(made: Made) -> None:
    assert len(result(made)) == 24


def test_two_passwords_differ(password: Plugin, made: Made) -> None:
    assert result(password.create(LENGTH)) != result(made)


@rows("name", CLASSES)
def test_password_uses_enabled_character_classes_only(password: Plugin, name: str) -> None:
    assert set(result(password.create(MANY | OFF | {name: True}))) == set(CLASSES[name])
    assert not set(result(password.create(MANY | {name: False}))) & set(CLASSES[name])


def test_password_uses_every_class_by_default(password: Plugin) -> None:
    assert all(set(result(password.create(MANY))) & set(alphabet) for alphabet in CLASSES.values())


def test_special_characters_can_be_overridden(password: Plugin) -> None:
    assert set(result(password.create(MANY | OFF | {"special": True, "overrideSpecial": "_~"}))) == {"_", "~"}
    assert set(result(password.create(MANY | OFF | {"special": True, "overrideSpecial": ""}))) == set(SPECIAL)


def test_class_minima_are_respected(password: Plugin) -> None:
    """The sum of the minima is the length, so that each is exact."""
    minima = {"minUpper": 1, "minLower": 2, "minNumeric": 3, "minSpecial": 4}
    found = result(password.create({"length": 10} | minima))
    counts = {f"min{name.title()}": sum(found.count(c) for c in alphabet) for name, alphabet in CLASSES.items()}
    assert counts == minima


def test_minimum_counts_for_a_disabled_class(password: Plugin) -> None:
    found = result(password.create(MANY | OFF | {"lower": True, "minNumeric": 2}))
    assert sum(character in string.digits for character in found) == 2


def test_character_order_is_random(password: Plugin) -> None:
    """Twenty characters of one class and twenty of another fall apart by chance once in 10^10 times."""
    wish = OFF | {"length": 40, "upper": True, "minUpper": 20, "minNumeric": 20}
    found = [c.isdigit() for c in result(password.create(wish))]
    assert found not in (sorted(found), sorted(found, reverse=True))


def test_hash_matches_the_password(made: Made) -> None:
    hashed = plain(made.outputs["bcryptHash"])
    assert hashed.startswith("$2a$10$")
    assert matches(hashed, result(made))
    assert not matches(hashed, result(made)[:-1])


def test_long_password_is_hashed_up_to_the_bcrypt_limit(password: Plugin) -> None:
    long = password.create({"length": 100})
    assert matches(plain(long.outputs["bcryptHash"]), result(long))


def test_password_outputs_include_defaults(made: Made) -> None:
    assert made.inputs == LENGTH
    assert {k: v for k, v in made.outputs.items() if k not in ("id", "result", "bcryptHash")} == {
        **LENGTH,
        **dict.fromkeys(("upper", "lower", "number", "numeric", "special"), True),
        **dict.fromkeys(("minUpper", "minLower", "minNumeric", "minSpecial"), 0),
    }


@rows("name", ["number", "numeric"])
def test_number_is_an_alias_of_numeric(password: Plugin, name: str) -> None:
    made = password.create(LENGTH | {name: False})
    assert (made.outputs["number"], made.outputs["numeric"]) == (False, False)
    assert not set(result(made)) & set(string.digits)


def test_unchanged_password_inputs_have_no_diff(password: Plugin, made: Made) -> None:
    assert password.diff(made, LENGTH) == {}
    assert password.diff(made, LENGTH | {"special": True, "minUpper": 0, "number": True}) == {}


@rows(
    "change, kinds",
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
def test_changed_password_input_replaces(
    password: Plugin, made: Made, change: dict[str, Any], kinds: dict[str, str]
) -> None:
    assert password.diff(made, LENGTH | change) == kinds


@rows("generation", ["2", UNKNOWN])
def test_changed_keeper_replaces(password: Plugin, generation: str) -> None:
    kept = password.create(LENGTH | {"keepers": {"generation": "1"}})
    changed = LENGTH | {"keepers": {"generation": generation}}
    assert password.diff(kept, kept.inputs) == {}
    assert password.diff(kept, changed) == {"keepers.generation": "UPDATE_REPLACE"}


def test_password_refresh_changes_nothing(password: Plugin, made: Made) -> None:
    assert password.read(made) == made


def test_password_preview_is_unknown_and_secret(password: Plugin) -> None:
    found = password.preview(LENGTH)
    assert (found["result"], found["bcryptHash"]) == (secret(UNKNOWN), secret(UNKNOWN))
    assert (found["length"], found["special"], found["minUpper"]) == (24, True, 0)


@rows(
    "inputs, path",
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
def test_password_check_names_the_wrong_input(password: Plugin, inputs: dict[str, Any], path: str) -> None:
    assert list(password.failures(inputs)) == [path]


def test_unknown_inputs_pass_the_check(password: Plugin) -> None:
    assert password.failures({"length": UNKNOWN, "minUpper": 3, "minSpecial": 3}) == {}
    assert password.failures(LENGTH | OFF | {"special": UNKNOWN}) == {}


def test_random_string_is_its_own_id_and_plain(text: Plugin) -> None:
    made = text.create(LENGTH | {"special": False})
    assert made.id == made.outputs["id"] == made.outputs["result"]
    assert "bcryptHash" not in made.outputs
    assert text.diff(made, made.inputs) == {}


def test_fakes_do_not_hide_the_random_module_of_python() -> None:
    """Every stand-in has the folder of all of them first on its path, where this one's is named ``random``."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import random; print(random.Random.__module__)"
    command = [sys.executable, "-c", script, str(plugin.PLUGINS)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.stdout == "random\n", run.stderr
