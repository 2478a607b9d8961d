"""Values of settings of the common types, and what the line of a refused value says is allowed."""

from typing import Any

from tests.settings.rows import Bad, Row, Values, refused

WHOLE = "a whole number"
TEXT = "text"
DAY = "a day as year, month and day"
TRUE_OR_FALSE = "true or false"
LIST = "a list"
OBJECT = "an object of keys and values"
NETWORK = "an IPv4 network"
IMAGE = "an image with a tag or a digest"
NAME = "a name of lower-case letters, digits and hyphens, a letter first"
DURATION = "a duration in y, w, d, h, m, s or ms"
SIZE = "a size in MB, GB or TB"
EMAIL = "an e-mail address"
LABEL = "letters, digits, dots, slashes, hyphens and underscores"
LINE = "text on one line"
URL = "a URL without login and path"
FOLDER = "the absolute path of a folder without `/` at its end"
VERSION = "a version of three numbers"
DIGEST = "sha256:" + "0" * 64

IS_A_SECTION = "is a section"
IS_ANOTHER_INFRASTRUCTURE = "is another infrastructure"
IS_FOR_PEOPLE = "is for people"
IS_OF_A_CHANGE = "allows a change, and is no part of what an update makes"


def choice(*allowed: str) -> Values:
    """One of some words."""
    quoted = [f"'{word}'" for word in allowed]
    listed = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
    return Values(allowed, refused(listed, "nonsense", allowed[0].swapcase(), ""))


def whole(least: int, most: int | None = None, *, unset: bool = False) -> Values:
    """A whole number between bounds; `unset`: or null, which leaves it to the program."""
    bad = [Bad(least - 1, f"at least {least}"), *refused(WHOLE, "3", least + 0.5, True, *([] if unset else [None]))]
    if most is not None:
        bad.append(Bad(most + 1, f"at most {most}"))
    return Values([least, most if most is not None else least + 1_000_000], bad)


def switch(*, unset: bool = False) -> Values:
    """True or false; `unset`: or null, which leaves it to the program."""
    return Values([True, False], refused(TRUE_OR_FALSE, "true", 1, *([] if unset else [None])))


def networks(*, least: int = 0, everybody: bool = False) -> Values:
    """A list of networks, not shorter than `least`; `everybody`: 0.0.0.0/0 may be one of them."""
    bad = [
        Bad("10.77.0.0/16", LIST),
        Bad(["10.77.0.1/32", "10.8.0.1/16"], NETWORK, "[1]", "10.8.0.1/16"),
        Bad(["10.77.0.1/32", "fd00::/64"], NETWORK, "[1]", "fd00::/64"),
    ]
    good: list[Any] = [["10.77.0.1/32"], ["10.77.0.1/32", "10.8.0.0/16"]]
    if everybody:
        good.append(["0.0.0.0/0"])
    if least:
        bad.append(Bad([], f"a list of at least {least}"))
    else:
        good.append([])
    return Values(good, bad)


def labels() -> Values:
    """Labels of nodes."""
    return Values(
        [{}, {"disk": "ssd", "example.org/rack-1": ""}],
        [Bad(["disk"], OBJECT), Bad({"rack": 1}, TEXT, ".rack", 1), Bad({"a=b": ""}, LABEL, ".a=b", "a=b")],
    )


def image() -> Values:
    """The name of an image, with a tag or a digest."""
    return Values(["a/b:v1.2", f"a/b@{DIGEST}", "c.example.org/a/b:1"], [*refused(IMAGE, "a/b", "a/b:"), Bad(3, TEXT)])


def machine() -> Values:
    """The name of a machine, of whatever role."""
    every = "one of manager-1, worker-1, worker-2"
    return Values(["manager-1", "worker-2"], [*refused(every, "worker-3", "manager"), Bad(1, TEXT)])


def section(path: str, *, required: bool = False) -> Row:
    """A group of settings: no value of its own is tried but those that are no group."""
    return Row(path, Values([], refused(OBJECT, 3, "text", [])), IS_A_SECTION, required=required)
