"""tools/stack.sh and tools/env.sh: what they run, and whom they let read the state."""

import os
import shutil
import stat
from pathlib import Path

import pytest
import yaml

from tests.e2e.harness import Result, run
from tests.support.checkout import CHECKOUT, tracked

URN = "urn:pulumi:s::nuvla-swarm::nuvla:service:ServiceStack$command:remote:Command::s3-converged"
# Notes how it was called. The recovery prints what is in the file `again`, and ends as the file `code` says; it finds
# something missing, and an update fails, as often as there are lines in the files `missing` and `fails`.
STUB = """#!/usr/bin/env bash
echo "${0##*/} $*" >>"$CALLS/calls"
counted() { [ -s "$CALLS/$1" ] && sed -i 1d "$CALLS/$1"; }
case "$*" in
  '-m tools.repair missing'*) counted missing; exit ;;
  up*) ! counted fails; exit ;;
  '-m tools.repair'*) cat "$CALLS/again"; exit "$(cat "$CALLS/code")" ;;
esac
"""


class Checkout:
    """A checkout with the scripts, and stand-ins of `pulumi` and `python` that note their calls."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(CHECKOUT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "Pulumi.s.yaml").write_text("config:\n  nuvla-swarm:machines:\n    provider: exoscale\n")
        (folder / "bin").mkdir()
        for name in ("pulumi", "python"):
            path = folder / "bin" / name
            path.write_text(STUB)
            path.chmod(0o755)
        self.recovery("", 0)

    def recovery(self, again: str, code: int) -> None:
        (self.folder / "again").write_text(again)
        (self.folder / "code").write_text(str(code))

    def run(self, verb: str) -> Result:
        env = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder)}
        return run(str(self.folder / "tools/stack.sh"), verb, "s", env=env)

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_preview_repairs_nothing_and_shows_no_status(checkout: Checkout) -> None:
    assert checkout.run("preview").code == 0
    lends = "python -m tools.preview_environment"
    assert checkout.calls() == ["pulumi stack select s", lends, "pulumi preview --diff"]


def test_up_repairs_before_it_updates(checkout: Checkout) -> None:
    assert checkout.run("up").code == 0
    assert checkout.calls()[1:] == [
        "python -m tools.repair up s",
        "pulumi up --yes --skip-preview --suppress-outputs",
        "python -m tools.status s",
    ]


def test_up_replaces_resources_that_the_repair_names(checkout: Checkout) -> None:
    checkout.recovery(f"{URN}\n", 0)
    assert checkout.run("up").code == 0
    assert f"pulumi up --yes --skip-preview --suppress-outputs --replace={URN}" in checkout.calls()


@pytest.mark.parametrize(
    ("fails", "missing", "updates", "code"), [(1, 1, 2, 0), (1, 0, 1, 1), (2, 1, 2, 1), (2, 2, 2, 1)]
)
def test_failed_update_is_repeated_once_if_a_new_swarm_lacks_resources(
    checkout: Checkout, fails: int, missing: int, updates: int, code: int
) -> None:
    for name, times in {"fails": fails, "missing": missing}.items():
        (checkout.folder / name).write_text("once\n" * times)
    assert checkout.run("up").code == code
    assert checkout.calls().count("python -m tools.repair up s") == updates
    assert checkout.calls().count("pulumi up --yes --skip-preview --suppress-outputs") == updates
    assert ("python -m tools.status s" in checkout.calls()) == (code == 0)


@pytest.mark.parametrize("verb", ["up", "refresh", "down"])
def test_failed_repair_ends_the_command(checkout: Checkout, verb: str) -> None:
    checkout.recovery("", 1)
    assert checkout.run(verb).code == 1
    assert checkout.calls() == ["pulumi stack select s", f"python -m tools.repair {verb} s"]


def test_refresh_asks_the_api_manager_first(checkout: Checkout) -> None:
    assert checkout.run("refresh").code == 0
    assert checkout.calls()[1:] == [
        "python -m tools.repair refresh s",
        "pulumi refresh --yes --skip-preview --clear-pending-creates --suppress-outputs",
    ]


@pytest.mark.parametrize("provider", ['"existing"', "'exoscale'", "exoscale # there"])
def test_remote_machines_need_no_local_engine_in_every_notation(checkout: Checkout, provider: str) -> None:
    (checkout.folder / "Pulumi.s.yaml").write_text(f"config:\n  nuvla-swarm:machines:\n    provider: {provider}\n")
    assert checkout.run("parts").text == "tools\n"


def test_files_of_pulumi_are_for_their_owner_alone(checkout: Checkout) -> None:
    (checkout.folder / "bin" / "pulumi").write_text(f"{STUB}[[ $* != 'preview --diff' ]] || umask >$CALLS/umask\n")
    assert checkout.run("preview").code == 0
    assert (checkout.folder / "umask").read_text() == "0077\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def env(folder: Path) -> None:
    """What a shell with the usual umask does."""
    result = run("bash", "-c", f"umask 022 && {folder}/tools/env.sh", env=os.environ | {"NUVLA_SWARM_OFFLINE": "true"})
    assert result.code == 0, result.text


def test_new_state_is_for_its_owner_alone(checkout: Checkout) -> None:
    env(checkout.folder)
    state = checkout.folder / ".state"
    assert mode(state) == 0o700
    assert mode(state / "passphrase") == 0o600


def test_readable_state_of_before_is_closed(checkout: Checkout) -> None:
    state = checkout.folder / ".state"
    stored = state / ".pulumi" / "stacks" / "s.json"
    stored.parent.mkdir(parents=True)
    stored.touch()
    for path in (state, stored):
        path.chmod(0o755)
    env(checkout.folder)
    assert (mode(state), mode(stored)) == (0o700, 0o700)
    stored.chmod(0o644)  # by a Pulumi of a shell with the usual umask: nobody else gets there
    env(checkout.folder)
    assert mode(state) == 0o700


def test_committed_settings_belong_to_no_computer() -> None:
    """The first `make up` adds settings of this computer to a stack's file, and a salt of this state."""
    names = tracked("Pulumi.*.yaml", ":(glob)examples/*.yaml")
    assert {"Pulumi.dev.yaml", "examples/local-host.yaml"} <= set(names)
    for name in names:
        document = yaml.safe_load(run("git", "show", f":{name}", cwd=CHECKOUT).text)
        settings = {key.removeprefix("nuvla-swarm:"): value for key, value in document["config"].items()}
        assert "encryptionsalt" not in document, name
        assert "images" not in settings, name
        assert not {"image", "privileged"} & settings["machines"].keys(), name
        assert not {"registry_mirrors", "source"} & settings.get("engine", {}).keys(), name
