"""Every command of the pages is one that exists, and is run by a test or carries the reason why not.

tests/e2e/test_pages.py runs the commands. Here, nothing is run but `make --dry-run` and shellcheck.
"""

import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.settings_table import settings
from stacks.config.loader import SECRETS
from tests.files.test_files_pages import EVERY_PAGE, GOALS
from tests.pages.blocks import SESSION, Block, Command, blocks, sessions
from tests.pages.walks import WALKS
from tests.settings.test_settings_page import is_setting
from tests.support.checkout import CHECKOUT
from tests.support.required_tools import required_tool
from tests.support.rows import rows

# Why tests do not run a block, and how many blocks may say so: each is a command that may break unseen.
REASONS = {
    "installs packages on this computer": 2,
    "the test starts in a clone": 1,
    "pulls an image from Docker Hub": 2,
    "needs hosts of yours": 1,
    "needs a host that died": 1,
    "needs Exoscale": 5,
    "needs another provider's bucket": 2,
    "needs a certificate of yours": 1,
    "needs a registry of yours": 1,
    "on the computer of a colleague": 1,
    "needs an account at Pulumi Cloud": 1,
    "needs a key management service": 1,
    "needs macOS": 1,
    "boots three machines": 1,
    "needs the old host": 6,
    "needs the old target": 1,
    "needs a checkout of nuvla/deployment, and images from Docker Hub": 1,
    "asks Let's Encrypt, or a name that it knows": 5,
    "asks for the passphrase at the terminal": 1,
    "asks for a secret at the terminal": 2,
    "has an address of yours": 2,
    "has a bucket of yours": 1,
    "has the id of a volume of yours": 1,
    "on a machine of yours": 1,
    "the stack of this test has one manager": 3,
    "there is no lock to free": 1,
    "a local machine has no packages to update and shares the kernel of this computer": 2,
    "installs packages of docker.com on the machines": 1,
    "takes minutes": 1,
    "takes hours": 1,
    "asks public registries": 2,
}
LANGUAGES = {SESSION, "text", "yaml", "mermaid", "json", "python"}
OPERATORS = [page for page in EVERY_PAGE if page.name != "CHANGELOG.md" and "adr" not in page.parts]
MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
VARIABLES = set(re.findall(r"\$\((?:call quoted,|if \$\(|or \$\(|findstring [^,]*,\$\()?([A-Z]+)\)", MAKEFILE))
SWITCHES = {"DIFF", "YES", "FORCE", "VERBOSE"}  # of tools/console.py, which make passes on
OUTPUTS = {
    "kind",
    "version",
    "machines",
    "ssh",
    "docker",
    "certificates",
    "urls",
    "volumes",
    "logins",
    "nfs",
    "s3",
    "networks",
}
OBJECTS = {setting.path for setting in settings() if setting.schema.get("type") == "object"}  # with keys of the user's


def name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def commands(page: Path) -> Iterator[tuple[Block, Command]]:
    for block in sessions(page):
        for command in block.commands():
            yield block, command


def words(command: Command) -> Iterator[list[str]]:
    """Yield the words of each simple command, such as those on both sides of `|`."""
    for line in [command.text] if "<<" in command.text else [command.text.replace("\\\n", " ")]:
        lexer = shlex.shlex(line.replace("\n", " "), posix=True, punctuation_chars="|&;()")
        lexer.whitespace_split = True
        part: list[str] = []
        for word in lexer:
            if set(word) <= set("|&;()"):
                yield part
                part = []
            else:
                part.append(word)
        yield part


def settings_mistake(key: str) -> str:
    """Return what is wrong with a key that `pulumi config` gets."""
    path = key.removeprefix("nuvla-swarm:")
    if path == key:
        return f"{key} is without its namespace"
    plain = re.sub(r"\[\d+\]", "", path)
    known = path in SECRETS or is_setting(plain) or plain.rpartition(".")[0] in OBJECTS
    return "" if known else f"{key} is no setting"


def mistakes(command: list[str]) -> Iterator[str]:
    """Yield what is wrong with a simple command: goals, variables, settings and outputs that do not exist."""
    if command[:1] == ["make"]:
        goals = [word for word in command[1:] if "=" not in word]
        yield from (f"make has no goal {goal}" for goal in goals if goal not in GOALS)
        given = [word.partition("=")[0] for word in command[1:] if "=" in word]
        yield from (f"make has no variable {word}" for word in given if word not in VARIABLES | SWITCHES)
    if command[:2] == ["pulumi", "config"]:
        keys = [word for word in command[2:] if word.startswith("nuvla-swarm:")]
        yield from filter(None, map(settings_mistake, keys))
    if command[:3] == ["pulumi", "stack", "output"]:
        plain = [word for word in command[3:] if not word.startswith("-")]
        named = plain[1:] if "--stack" in command else plain
        yield from (f"a stack has no output {word}" for word in named if word not in OUTPUTS)
    if command[:1] == ["pulumi"] and command[1:3] != ["install"] and "--stack" not in command and changes(command):
        yield f"`{' '.join(command)}` acts on the stack that is selected: add --stack"


def changes(command: list[str]) -> bool:
    """Return whether a command of Pulumi acts on a stack that it does not name."""
    named = {("stack", "init"), ("stack", "rm"), ("stack", "select"), ("stack", "ls")}
    return command[1] in {"up", "destroy", "refresh", "preview", "config", "stack", "cancel"} and (
        tuple(command[1:3]) not in named
    )


@rows("page", OPERATORS, ids=name)
def test_blocks_have_a_language_and_only_sessions_have_prompts(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"line {block.line}: allowed are {sorted(LANGUAGES)}"
        if block.language != SESSION:
            prompts = [line for line in block.lines if line.startswith("$ ")]
            assert prompts == [], f"line {block.line}: commands belong in ```{SESSION}"


@rows("page", OPERATORS, ids=name)
def test_every_command_names_goals_settings_and_outputs_that_exist(page: Path) -> None:
    wrong = [
        f"line {command.line}: {mistake}"
        for _, command in commands(page)
        if not command.text.lstrip().startswith(("new()", "old()", "es()"))
        for simple in words(command)
        for mistake in mistakes(simple)
    ]
    assert wrong == []


def test_mistakes_of_commands_are_seen() -> None:
    text = (
        "make fly STACK=a PLANE=b && pulumi config set --stack a --path nuvla-swarm:swarm.entry x | pulumi up; "
        "pulumi stack output --stack a nothing"
    )
    found = [mistake for simple in words(Command(text, 1, "$")) for mistake in mistakes(simple)]
    assert found == [
        "make has no goal fly",
        "make has no variable PLANE",
        "nuvla-swarm:swarm.entry is no setting",
        "`pulumi up` acts on the stack that is selected: add --stack",
        "a stack has no output nothing",
    ]


def test_command_that_no_test_runs_has_a_reason_and_reasons_are_few() -> None:
    given = Counter(block.remarks["not run"] for page in OPERATORS for block in sessions(page) if not block.is_run)
    assert set(given) - set(REASONS) == set(), "use a reason of REASONS, or add it there"
    assert {reason: (number, REASONS[reason]) for reason, number in given.items() if number > REASONS[reason]} == {}
    assert {reason: (given[reason], limit) for reason, limit in REASONS.items() if given[reason] < limit} == {}, (
        "lower the limits of REASONS"
    )


def test_page_whose_commands_are_run_has_a_walk() -> None:
    run = {name(page) for page in OPERATORS if any(block.is_run for block in sessions(page))}
    assert run == set(WALKS), "tests/pages/walks.py says how each page is walked"


@rows("page", OPERATORS, ids=name)
def test_commands_have_no_comments_which_some_shells_take_for_words(page: Path) -> None:
    assert [command.line for _, command in commands(page) if re.search(r"(^|\s)#\s", command.text)] == []


@pytest.mark.tools("make")
@rows("page", OPERATORS, ids=name)
def test_make_knows_how_to_run_each_goal(page: Path) -> None:
    for _, command in commands(page):
        for simple in words(command):
            if simple[:1] != ["make"]:
                continue
            answer = subprocess.run(
                [required_tool("make"), "--dry-run", *simple[1:]],
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert answer.returncode == 0, f"line {command.line}: {answer.stderr}"


@pytest.mark.tools("shellcheck")
@rows("page", OPERATORS, ids=name)
def test_shellcheck_finds_nothing_in_the_commands(page: Path) -> None:
    lines = [placeholders_filled(command.text) for _, command in commands(page)]
    if not lines:
        return
    answer = subprocess.run(
        # 1091: the files of a user; 2154, 2148: variables and shell of the session; 2155: `export X="$(...)"`;
        # 2164: `cd` of a person who sees its error.
        [required_tool("shellcheck"), "--shell=bash", "--exclude=SC1091,SC2154,SC2148,SC2155,SC2164", "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout


def placeholders_filled(text: str) -> str:
    """Return a command with a word instead of each `<placeholder>`."""
    return re.sub(r"<[a-z][^<>|&;\n]*>", "placeholder", text)


@pytest.mark.tools("pulumi")
@pytest.mark.thorough
def test_options_of_pulumi_exist() -> None:
    used: dict[tuple[str, ...], set[str]] = {}
    for page in OPERATORS:
        for _, command in commands(page):
            for simple in words(command):
                if simple[:1] == ["pulumi"]:
                    options = {word.partition("=")[0] for word in simple if word.startswith("--")}
                    used.setdefault(verb(simple), set()).update(options)
    wrong = {}
    for words_of, options in used.items():
        text = subprocess.run(
            [required_tool("pulumi"), *words_of, "--help"], capture_output=True, text=True, check=True
        ).stdout
        if missing := {option for option in options if option not in text}:
            wrong[words_of] = missing
    assert wrong == {}


def verb(simple: list[str]) -> tuple[str, ...]:
    """Return the words of a command of Pulumi that choose what it does."""
    deep = {"config", "stack"}
    second = simple[2:3] if simple[1] in deep and len(simple) > 2 and not simple[2].startswith("-") else []
    return (simple[1], *second)
