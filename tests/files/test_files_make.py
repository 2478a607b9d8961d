"""The Makefile: first steps in a fresh checkout, and goals that do nothing by a typing error."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.files.fresh import PYTHON, Fresh
from tests.support.checkout import CHECKOUT
from tests.support.rows import rows

MAKEFILE = (CHECKOUT / "Makefile").read_text()
OF_STACKS = ("up", "preview", "status", "down", "refresh", "template")
# Scripts that run on macOS too, for machines on Exoscale and existing ones.
PORTABLE = [
    CHECKOUT / "tools" / name for name in ("env.sh", "host_key.sh", "lib.sh", "new_stack.sh", "pulumi.sh", "setup.sh")
]
# What bash 3.2 and the tools of BSD do not have, and GNU make 3.81 ignores or rejects.
NOT_PORTABLE = {
    r"\b(?:mapfile|readarray|coproc|declare -[gA]|local -[nA])\b": "bash 4",
    r"\$\{\w+(?:\^\^?|,,?|@\w)\}": "bash 4",
    r"\|&|&>>": "bash 4",
    r"\bsha256sum\b": "SHA256 of lib.sh",
    r"\bflock\b": "locked of lib.sh",
    r"\bstat (?:-c|--\w+)": "find -prune -perm",
    r"\bsed (?:-\w*i|--in-place)": "a new file and mv",
    r"\bsort -\w*z|--zero-terminated|--version-sort|--check": "sort",
    r"\breadlink -f|\brealpath\b|\btac\b|\bgrep -\w*P|\bdate (?:-d|--)": "python3",
    r"(?<![-\w])(?:chmod|mv|cp|rm|mkdir|tar|head|cut|find|xargs) --": "short options",
    r"\[\[[^\n]*=~ [^$\n]*\(": "a pattern in a variable",
}
OLD_MAKE = {
    r"^\.ONESHELL": "&&",
    r"^\.SHELLFLAGS": "&&",
    r"\$\(file |&:|!=|^undefine |\$\(intcmp |\$\(let ": "the shell",
}


def code(path: Path) -> str:
    """Return a script without its comments, and without lines that look for a tool before they use it."""
    return re.sub(r"^\s*(?:#|if command -v ).*$", "", path.read_text(), flags=re.MULTILINE)


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path)


def first(tmp_path: Path) -> Fresh:
    """Return a checkout that nothing was done in, on a computer with Pulumi and a Python of stand-ins."""
    fresh = Fresh(tmp_path, venv=False)
    fresh.install_pulumi()
    fresh.script(fresh.bin / "python3", PYTHON)
    return fresh


@pytest.mark.parametrize("goal", ["status", "down", "template"])
def test_any_goal_may_be_the_first_and_installs_what_it_needs(tmp_path: Path, goal: str) -> None:
    fresh = first(tmp_path)
    done = fresh.run("make", goal, "STACK=prod", "NAME=a")
    assert done.code == 0, done.text
    calls = "\n".join(fresh.calls())
    installs, runs = calls.index("-m pip install"), calls.rindex("python -m tools.")
    assert calls.index("-m venv") < installs < runs
    assert "Traceback" not in done.text


def test_environment_of_a_checkout_without_packages_names_the_command_that_installs_them(tmp_path: Path) -> None:
    shown = Fresh(tmp_path, venv=False).run("make", "env")
    assert shown.code == 0
    assert "nuvla-swarm: nothing is installed here yet: run `make setup`" in shown.text


def test_environment_without_pulumi_of_its_mode_names_the_command_that_installs_it(tmp_path: Path) -> None:
    fresh = Fresh(tmp_path)
    fresh.env["NUVLA_SWARM_OFFLINE"] = "false"
    shown = fresh.run("make", "env")
    assert shown.code == 0
    assert "no Pulumi is installed for NUVLA_SWARM_OFFLINE=false: run `tools/setup.sh tools`" in shown.text


@pytest.mark.parametrize("goal", OF_STACKS)
def test_unknown_stack_is_rejected_with_those_that_there_are(fresh: Fresh, goal: str) -> None:
    refused = fresh.run("make", goal, "STACK=prd")
    assert refused.code != 0
    assert (
        "nuvla-swarm: error: there is no Pulumi.prd.yaml; stacks with a file: dev, prod. "
        "To create it: make stack NAME=prd FROM=exoscale-target\n"
    ) in refused.text
    assert fresh.calls() == []
    assert not (fresh.folder / ".state").exists()


def test_stack_of_an_organization_has_the_file_of_its_name(fresh: Fresh) -> None:
    fresh.install_pulumi()
    assert fresh.setup("--stack", "acme/prod").code == 0


def test_stack_of_the_environment_is_said_first(fresh: Fresh) -> None:
    fresh.install_pulumi()
    said = "nuvla-swarm: STACK=prod comes from the environment"
    for goal in ("status", "env"):
        assert fresh.run("make", goal, STACK="prod").text.splitlines()[0] == said
    assert said not in fresh.run("make", "status", "STACK=prod", STACK="dev").text
    printed = subprocess.run(
        ["make", "env"], cwd=fresh.folder, env=fresh.env | {"STACK": "prod"}, capture_output=True, text=True, check=True
    )
    assert "comes from" not in printed.stdout, "a shell would run the line"


def test_stack_of_the_environment_is_not_removed(fresh: Fresh) -> None:
    refused = fresh.run("make", "down", STACK="prod")
    assert refused.code != 0
    line = "error: make down removes no stack that the environment names: make down STACK=prod"
    assert line in refused.text
    assert fresh.calls() == []


@rows("goal", ["upp", "tests", "Up", "prod"])
def test_unknown_goal_is_an_error_of_make(fresh: Fresh, goal: str) -> None:
    refused = fresh.run("make", goal)
    assert refused.code == 2
    assert "No rule to make target" in refused.text
    assert fresh.calls() == []


def test_help_can_be_copied_and_lists_stacks(fresh: Fresh) -> None:
    printed = fresh.run("make", "help").text
    assert 'eval "$(make env)"' in printed
    assert "$$" not in printed
    assert printed.endswith("\nStacks with a file: dev prod\n")


@rows(
    "value",
    [
        "'; touch made; '",
        '"; touch made; "',
        "$(shell touch made)",
        "$$(touch made)",
        "`touch made`",
        "dev\ntouch made\n",
    ],
)
@pytest.mark.parametrize("goal", ["up", "status", "down", "env", "stack", "template", "hostkey", "preview", "help"])
def test_no_value_is_run_by_make_or_a_shell(fresh: Fresh, goal: str, value: str) -> None:
    (fresh.bin / "touch").unlink(missing_ok=True)
    fresh.tool("touch", "exit 0")
    values = [f"{name}={value}" for name in ("NAME", "FROM", "HOST", "POOL", "EXAMPLE")]
    for done in (
        fresh.run("make", "--ignore-errors", goal, f"STACK={value}", *values),
        fresh.run("make", goal, STACK=value),
    ):
        assert "syntax error" not in done.text
        assert "unexpected EOF" not in done.text
    assert "touch made" not in fresh.calls()


@rows("stack", ["a b", "-h", "", "/dev", "dev/", "a/b/c/dev", "*"])
def test_name_that_no_stack_can_have_is_refused(fresh: Fresh, stack: str) -> None:
    refused = fresh.run("make", "status", f"STACK={stack}")
    assert refused.code != 0
    assert f"nuvla-swarm: error: STACK is '{stack}'; allowed: letters, digits, '.', '_' and '-'" in refused.text
    assert fresh.calls() == []


def test_mistake_in_a_file_is_told_once(fresh: Fresh) -> None:
    (fresh.folder / "Pulumi.odd.yaml").write_text("config:\n\ta: 1\n")
    assert fresh.run("make", "up", "STACK=odd").text.count("is no YAML") == 1


def test_shell_without_a_home_gets_that_of_its_user(fresh: Fresh) -> None:
    del fresh.env["HOME"]
    assert fresh.lib('[[ $HOME == /* ]] && echo "${CACHE#"$HOME"}"').text == "/.cache/nuvla-swarm\n"


@rows("path", PORTABLE)
def test_scripts_of_operators_run_with_the_bash_and_tools_of_macos(path: Path) -> None:
    found = {pattern: instead for pattern, instead in NOT_PORTABLE.items() if re.search(pattern, code(path))}
    assert found == {}


def test_every_script_of_operators_is_checked() -> None:
    local = {"stop.sh", "stacks.sh"}  # of the embedded engine, and of pipelines
    assert {path.name for path in (CHECKOUT / "tools").glob("*.sh")} - local == {path.name for path in PORTABLE}


def test_makefile_is_one_of_gnu_make_3_81() -> None:
    found = {pattern: instead for pattern, instead in OLD_MAKE.items() if re.search(pattern, MAKEFILE, re.MULTILINE)}
    assert found == {}
    lines = re.sub(r"\\\n", "", MAKEFILE)
    recipes = re.findall(r"^(?:[a-z-]+):.*\n((?:\t.*\n|ifdef.*\n|else\n|endif\n)+)", lines, re.MULTILINE)
    several = [recipe for recipe in recipes if "$(ENV)" in recipe and "ifdef" not in recipe and recipe.count("\n") > 1]
    assert several == [], "each line has a shell of its own: join them with &&"


def test_macos_is_told_at_once_that_it_has_no_local_machines(fresh: Fresh) -> None:
    fresh.install_pulumi()
    fresh.tool("uname", "echo Darwin")
    refused = fresh.run("make", "up")
    assert refused.code != 0
    assert "error: machines.provider: local needs Linux, as Docker on Darwin runs in a virtual machine" in refused.text
    assert not any(call.startswith("docker") for call in fresh.calls())
    assert fresh.setup("--stack", "prod").code == 0


@pytest.mark.parametrize(
    ("machine", "platform"),
    [("Darwin arm64", "darwin-arm64"), ("Darwin x86_64", "darwin-x64"), ("Linux aarch64", "linux-arm64")],
)
def test_every_platform_has_a_pulumi_of_its_own(fresh: Fresh, machine: str, platform: str) -> None:
    fresh.tool("uname", f"echo {machine}")
    assert fresh.run("tools/pulumi.sh").code == 1
    assert re.search(rf"^curl .*/pulumi-v3\.\d+\.\d+-{platform}\.tar\.gz ", fresh.calls()[-1])
    assert re.search(
        rf"^[0-9a-f]{{64}}  pulumi-\S+-{platform}\.tar\.gz$", (CHECKOUT / "tools/pulumi.sha256").read_text(), re.M
    )


@pytest.mark.parametrize("shasum", [True, False])
def test_hashes_and_locks_need_no_tools_of_linux(fresh: Fresh, *, shasum: bool) -> None:
    expected = fresh.lib("hash_of tools local").text
    if shasum:
        real = (fresh.bin / "sha256sum").readlink()
        (fresh.bin / "sha256sum").unlink()
        (fresh.bin / "flock").unlink()
        fresh.script(fresh.bin / "shasum", f'#!/bin/sh\nshift 2\nexec {real} "$@"\n')
    assert fresh.lib("hash_of tools local").text == expected
    assert fresh.lib("locked a echo free").text == "free\n"


@pytest.mark.parametrize("shell", ["docker", "podman"])
def test_computer_without_docker_is_told_what_to_install(fresh: Fresh, shell: str) -> None:
    fresh.install_pulumi()
    fresh.tool("id", "echo 1000")
    if shell == "podman":
        fresh.tool("docker", "exit 125")
    refused = fresh.run("make", "up")
    assert refused.code != 0
    [line] = [line for line in refused.text.splitlines() if "error:" in line]
    assert "install Docker Engine (docs.docker.com/engine/install), start it" in line


@pytest.mark.parametrize("goal", ["up", "preview", "refresh", "down"])
def test_swarm_of_a_stack_is_not_taken_for_the_local_engine(fresh: Fresh, goal: str) -> None:
    """A shell that has the line of another stack's manager."""
    fresh.install_pulumi()
    host = "tcp://10.77.154.65:2376"
    answer = f'[{{"Name": "default", "Endpoints": {{"docker": {{"Host": "{host}"}}}}}}]'
    fresh.tool("docker", f"echo '{answer}'")
    refused = fresh.run("make", goal, DOCKER_HOST=host, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=".state/files/prod")
    assert refused.code != 0
    assert (
        f"error: DOCKER_HOST={host} is the swarm of a stack, and local machines would be made inside it" in refused.text
    )
    assert ": unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH\n" in refused.text
    assert [call for call in fresh.calls() if not call.startswith("pulumi version")] == ["docker context inspect"]
    assert fresh.run("make", "status", "STACK=prod", DOCKER_HOST=host).text.count("is the swarm") == 0
