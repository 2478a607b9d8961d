"""tools/env.sh: the backend that it chooses, and whom it lets read the state."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from tests.e2e.harness import run
from tests.support.checkout import CHECKOUT, copy_part, tracked
from tools.stack.backend import Backend, remember


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the scripts."""
    copy_part(CHECKOUT / "tools", tmp_path / "tools")
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def env(folder: Path, stack: str = "", **exported: str) -> dict[str, str]:
    """Return what a shell with the usual umask has, after `eval "$(tools/env.sh)"`."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "NUVLA_SWARM_"))}
    command = f'umask 022 && eval "$({folder}/tools/env.sh {stack})" && env'
    result = run("bash", "-c", command, env=own | {"NUVLA_SWARM_OFFLINE": "true"} | exported)
    assert result.code == 0, result.text
    return dict(line.split("=", 1) for line in result.text.splitlines() if "=" in line)


def test_backend_of_the_checkout_is_no_wish_of_the_user(checkout: Path) -> None:
    own = f"file://{checkout}/.state?metadata=skip"
    first = env(checkout)
    assert first["PULUMI_BACKEND_URL"] == first["NUVLA_SWARM_BACKEND"] == own
    names = ("PULUMI_BACKEND_URL", "NUVLA_SWARM_BACKEND", "NUVLA_SWARM_ENV", "PULUMI_CONFIG_PASSPHRASE_FILE")
    again = env(checkout, **{name: first[name] for name in names})
    assert again["PULUMI_BACKEND_URL"] == again["NUVLA_SWARM_BACKEND"] == own
    exported = env(checkout, PULUMI_BACKEND_URL="s3://state")
    assert (exported["PULUMI_BACKEND_URL"], exported["NUVLA_SWARM_BACKEND"]) == ("s3://state", "")


def test_plain_pulumi_gets_the_remembered_backend_of_a_stack(checkout: Path) -> None:
    remember("prod", Backend("acme/prod", "s3://state?region=a", "/my/passphrase"), checkout)
    for stack in ("prod", "acme/prod"):
        found = env(checkout, stack)
        assert found["PULUMI_BACKEND_URL"] == found["NUVLA_SWARM_BACKEND"] == "s3://state?region=a"
        assert found["PULUMI_CONFIG_PASSPHRASE_FILE"] == "/my/passphrase"
    assert env(checkout, "dev")["PULUMI_BACKEND_URL"].startswith("file://")
    assert env(checkout, "prod", PULUMI_BACKEND_URL="s3://other")["PULUMI_BACKEND_URL"] == "s3://other"


def test_passphrase_of_the_checkout_is_not_for_states_elsewhere(checkout: Path) -> None:
    variable, own = "PULUMI_CONFIG_PASSPHRASE_FILE", str(checkout / ".state/passphrase")
    assert env(checkout)[variable] == own
    assert env(checkout, PULUMI_BACKEND_URL=f"file://{checkout}/.state")[variable] == own
    # Also in a shell that has it of an earlier `make env`.
    before = {variable: own, "NUVLA_SWARM_ENV": str(checkout)}
    assert variable not in env(checkout, "prod", PULUMI_BACKEND_URL="s3://state", **before)
    remember("prod", Backend("prod", "s3://state", "exported"), checkout)
    assert variable not in env(checkout, "prod", **before)
    remember("prod", Backend("prod", "s3://state", "generated"), checkout)  # by an earlier version
    assert env(checkout, "prod")[variable] == own


def test_new_state_is_for_its_owner_alone(checkout: Path) -> None:
    env(checkout)
    state = checkout / ".state"
    assert mode(state) == 0o700
    assert mode(state / "passphrase") == 0o600


def test_readable_state_of_before_is_closed(checkout: Path) -> None:
    state = checkout / ".state"
    stored = state / ".pulumi" / "stacks" / "s.json"
    stored.parent.mkdir(parents=True)
    stored.touch()
    for path in (state, stored):
        path.chmod(0o755)
    env(checkout)
    assert (mode(state), mode(stored)) == (0o700, 0o700)
    stored.chmod(0o644)  # by a Pulumi of a shell with the usual umask: nobody else gets there
    env(checkout)
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
