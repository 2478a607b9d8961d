"""tools/new_stack.sh creates the settings of a stack from an example, and the examples say what comes next."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.e2e.harness import Result, run
from tests.support.checkout import CHECKOUT, copy_part

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Create a checkout with the script and the examples, without stacks."""
    copy_part(CHECKOUT / "examples", tmp_path / "examples")
    (tmp_path / "tools").mkdir()
    for name in ("new_stack.sh", "lib.sh"):
        shutil.copy(CHECKOUT / "tools" / name, tmp_path / "tools")
    return tmp_path


def new_stack(checkout: Path, *arguments: str) -> Result:
    return run(str(checkout / "tools/new_stack.sh"), *arguments)


def stacks(checkout: Path) -> list[str]:
    """Return the names of all files of the checkout's top folder, hidden ones included."""
    return sorted(path.name for path in checkout.iterdir() if path.is_file())


@each
def test_new_stack_has_the_settings_of_its_example_and_commands_with_its_name(checkout: Path, example: Path) -> None:
    made = new_stack(checkout, "prod", example.stem)
    assert made.code == 0, made.text
    assert stacks(checkout) == ["Pulumi.prod.yaml"]
    text = (checkout / "Pulumi.prod.yaml").read_text()
    assert yaml.safe_load(text) == yaml.safe_load(example.read_text())
    assert text == example.read_text().replace("<stack>", "prod")
    assert "<stack>" not in text


@each
def test_new_stack_prints_the_steps_of_its_example(checkout: Path, example: Path) -> None:
    lines = new_stack(checkout, "prod", example.stem).text.splitlines()
    assert lines[:2] == [f"created Pulumi.prod.yaml from examples/{example.stem}.yaml:", ""]
    head = example.read_text().partition("config:")[0].replace("<stack>", "prod")
    assert lines[2:] == [line.replace("# ", "  ", 1) for line in head.splitlines()]
    assert lines[-1].endswith("make up STACK=prod")


@each
def test_steps_of_an_example_are_numbered_and_their_commands_exist(example: Path) -> None:
    steps = re.findall(r"^# (\d+)\. (.*)$", example.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in steps] == [*range(1, len(steps) + 1)]
    text = "\n".join(step for _, step in steps)
    goals = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= goals
    assert all(
        (CHECKOUT / path).is_file() for path in re.findall(r"\b(?:tools|docs)/[\w/.-]+\.\w+", example.read_text())
    )
    settings = yaml.safe_load(example.read_text())["config"]
    for path in re.findall(r"`((?:\w+\.)*\w+)`", text):
        place = settings
        for step in f"nuvla-swarm:{path}".split("."):
            place = place[step]


def test_existing_stack_is_kept(checkout: Path) -> None:
    (checkout / "Pulumi.prod.yaml").write_text("of somebody\n")
    refused = new_stack(checkout, "prod", "local-host")
    assert refused.code == 1
    assert refused.text.endswith(
        "error: Pulumi.prod.yaml exists already; choose another NAME, or remove that file first\n"
    )
    assert (checkout / "Pulumi.prod.yaml").read_text() == "of somebody\n"


def test_unknown_example_is_rejected_with_the_list_of_examples(checkout: Path) -> None:
    for given in ("nowhere", "", "../examples/local-host"):
        refused = new_stack(checkout, "prod", given)
        assert refused.code == 1
        assert f"error: FROM is '{given}'; allowed: {', '.join(path.stem for path in EXAMPLES)}\n" in refused.text
    assert stacks(checkout) == []


def test_missing_name_is_answered_with_a_whole_command(checkout: Path) -> None:
    refused = new_stack(checkout, "", "")
    assert refused.code == 1
    assert "NAME is not given; write make stack NAME=prod FROM=exoscale-target; FROM may be existing-t" in refused.text
    assert stacks(checkout) == []


@pytest.mark.parametrize("name", ["../prod", "a b", "-prod", ".prod", "a/b", "é", "a" * 101])
def test_bad_name_is_rejected(checkout: Path, name: str) -> None:
    refused = new_stack(checkout, name, "local-host")
    assert refused.code == 1
    assert f"error: NAME is '{name}'; allowed: up to 100 letters, digits, '.', '_' and '-'" in refused.text
    assert stacks(checkout) == []


def test_killed_run_is_repeated(checkout: Path) -> None:
    """A run that was killed before its last step has left half a file under another name."""
    (checkout / ".Pulumi.prod.yaml.new").write_text("half of ")
    assert new_stack(checkout, "prod", "local-host").code == 0
    assert stacks(checkout) == ["Pulumi.prod.yaml"]


def test_stack_that_appears_meanwhile_is_kept(checkout: Path) -> None:
    """Another process creates the same stack while the script reads the example."""
    script = checkout / "tools/new_stack.sh"
    text = script.read_text()
    assert "\nmv -n" in text
    script.write_text(text.replace("\nmv -n", '\necho theirs >"$target"\nmv -n'))
    refused = new_stack(checkout, "prod", "local-host")
    assert refused.code == 1
    assert "Pulumi.prod.yaml exists already" in refused.text
    assert (checkout / "Pulumi.prod.yaml").read_text() == "theirs\n"
    assert stacks(checkout) == ["Pulumi.prod.yaml"]
