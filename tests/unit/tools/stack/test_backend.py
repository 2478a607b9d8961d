"""tools/stack/backend.py: the place of a stack's state, and its memory."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import new_folder, rows
from tools.stack import backend
from tools.stack.backend import DEFAULT, URL, Backend
from tools.stack.passphrase import PASSPHRASE, PASSPHRASE_FILE
from tools.stack.settings_file import SettingsFile

HOME = {"PULUMI_HOME": "/nowhere"}
BUCKET = "s3://state?region=ch-gva-2"


def file(provider: str = "exoscale", **document: Any) -> SettingsFile:
    machines = {"nuvla-swarm:machines": {"provider": provider}}
    return SettingsFile(Path("Pulumi.prod.yaml"), {"config": machines} | document)


def choose(checkout: Path, environment: dict[str, str], stack: str = "prod", **document: Any) -> Backend:
    return backend.choose(stack, file(**document), HOME | environment, checkout)


def refused(checkout: Path, environment: dict[str, str], stack: str = "prod", **document: Any) -> str:
    with pytest.raises(SystemExit) as ended:
        choose(checkout, environment, stack, **document)
    return str(ended.value)


def remember(checkout: Path, url: str = BUCKET, passphrase: str = "exported", **more: Any) -> None:
    backend.remember("prod", Backend(**{"stack": "prod", "url": url, "passphrase": passphrase} | more), checkout)


def test_new_stack_uses_the_exported_backend_or_that_of_the_checkout(tmp_path: Path) -> None:
    own = f"file://{tmp_path}/.state?metadata=skip"
    assert choose(tmp_path, {URL: BUCKET, PASSPHRASE: "x"}) == Backend("prod", BUCKET, "exported")
    # What tools/env.sh exports is no wish of the user.
    assert choose(tmp_path, {URL: own, DEFAULT: own}) == Backend("prod", own, "generated")
    assert choose(tmp_path, {URL: BUCKET, PASSPHRASE_FILE: "/my/file"}).passphrase == "/my/file"
    assert choose(tmp_path, {URL: BUCKET}, secretsprovider="awskms://x").passphrase == "key service"
    assert choose(tmp_path, {URL: "https://api.pulumi.com"}, "acme/prod") == Backend(
        "acme/prod", "https://api.pulumi.com", "key service"
    )


def test_generated_passphrase_is_only_for_the_state_of_the_checkout(tmp_path: Path) -> None:
    generated = {PASSPHRASE_FILE: f"{tmp_path}/.state/passphrase"}
    found = choose(tmp_path, generated | {URL: BUCKET})
    assert found.passphrase == "missing"
    with pytest.raises(SystemExit) as ended:
        backend.of_new_stack(found, file(), generated, tmp_path)
    assert str(ended.value).endswith(
        "prod: its state would be in s3://state, and no passphrase is exported: choose one, save it in your password "
        "manager, and export PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE"
    )
    with pytest.raises(SystemExit, match="with the one that prod was created with"):
        backend.require_passphrase("prod", found)
    own = choose(tmp_path, generated | {URL: f"file://{tmp_path}/.state"})
    assert backend.of_new_stack(own, file(), generated, tmp_path).passphrase == "generated"


@rows(
    "url, environment, document, source",
    [
        (BUCKET, {PASSPHRASE: ""}, {}, "exported"),
        (BUCKET, {PASSPHRASE_FILE: "/my/file"}, {}, "/my/file"),
        (BUCKET, {}, {"secretsprovider": "awskms://x"}, "key service"),
        ("https://api.pulumi.com", {}, {}, "key service"),
    ],
)
def test_new_stack_has_the_present_source_of_its_passphrase(
    tmp_path: Path, url: str, environment: dict[str, str], document: dict[str, str], source: str
) -> None:
    former = Backend("prod", url, "generated")  # of a stack of this name that was removed
    found = backend.of_new_stack(former, file(**document), environment, tmp_path)
    assert found == Backend("prod", url, source)
    backend.require_passphrase("prod", found)


def test_next_shell_without_exports_uses_the_remembered_backend(tmp_path: Path) -> None:
    remember(tmp_path, passphrase="generated")
    own = f"file://{tmp_path}/.state?metadata=skip"
    assert choose(tmp_path, {URL: own, DEFAULT: own}).url == BUCKET
    assert choose(tmp_path, {}).url == BUCKET


def test_other_exported_backend_is_refused_with_both(tmp_path: Path) -> None:
    remember(tmp_path)
    text = refused(tmp_path, {URL: "s3://other", PASSPHRASE: "x"})
    assert "prod: PULUMI_BACKEND_URL is s3://other, but the state is in s3://state." in text
    assert "unset PULUMI_BACKEND_URL" in text
    assert "rm .state/stacks/prod.json" in text
    assert choose(tmp_path, {URL: f"{BUCKET}&use_path_style=true", PASSPHRASE: "x"}).url == BUCKET


def test_former_backend_does_not_count_once_it_is_left(tmp_path: Path) -> None:
    remember(tmp_path)
    environment = HOME | {URL: "s3://other", PASSPHRASE: "x"}
    assert backend.choose("prod", file(), environment, tmp_path, forgets=True).url == "s3://other"


def test_missing_passphrase_is_told_in_one_line(tmp_path: Path) -> None:
    remember(tmp_path)
    text = refused(tmp_path, {PASSPHRASE_FILE: f"{tmp_path}/.state/passphrase"})
    assert "export PULUMI_CONFIG_PASSPHRASE" in text
    assert "\n" not in text
    assert choose(tmp_path, {PASSPHRASE: ""}).url == BUCKET, "an empty passphrase is one"
    assert choose(tmp_path, {PASSPHRASE_FILE: "/my/file"}).url == BUCKET


def test_credentials_of_a_url_are_not_stored(tmp_path: Path) -> None:
    found = choose(tmp_path, {URL: "postgres://me:secret@db/state", PASSPHRASE: "x"})
    backend.remember("prod", found, tmp_path)
    memory = backend.memory("prod", tmp_path)
    assert "secret" not in memory.read_text()
    assert memory.parent.stat().st_mode & 0o077 == 0
    text = refused(tmp_path, {PASSPHRASE: "x"})
    assert "the URL of its state, postgres://db/state, has credentials, which are not stored: export" in text
    assert choose(tmp_path, {URL: "postgres://me:new@db/state", PASSPHRASE: "x"}) == found


def test_remembered_organization_is_used_and_another_one_refused(tmp_path: Path) -> None:
    remember(tmp_path, "https://api.pulumi.com", "key service", stack="acme/prod")
    assert choose(tmp_path, {}, "prod").stack == "acme/prod"
    assert "has used Pulumi.prod.yaml for acme/prod" in refused(tmp_path, {}, "other/prod")


@rows("text", ["", "{}", "[]", '{"stack": 1, "more": 2}', "nothing"])
def test_damaged_memory_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    memory = backend.memory("prod", folder := new_folder(tmp_path))
    memory.parent.mkdir(parents=True)
    memory.write_text(text)
    assert ".state/stacks/prod.json is damaged: remove it" in refused(folder, {})


def test_login_of_pulumi_is_told_and_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "credentials.json").write_text(json.dumps({"current": "https://api.pulumi.com"}))
    environment = {"PULUMI_HOME": str(tmp_path)}
    text = refused(tmp_path, environment)
    assert "its state may be in https://api.pulumi.com, of `pulumi login`, or in file://" in text
    assert "export PULUMI_BACKEND_URL=https://api.pulumi.com" in text
    assert choose(tmp_path, environment | {URL: "https://api.pulumi.com"}).is_cloud
    assert choose(tmp_path, environment, provider="local").url.startswith("file://")
    assert "this trial does not use `pulumi login` (https://api.pulumi.com)" in capsys.readouterr().err


def test_use_sets_what_pulumi_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL, DEFAULT, PASSPHRASE, PASSPHRASE_FILE):
        monkeypatch.setenv(name, "")  # so that it is as before in the end
        monkeypatch.delenv(name)
    own = tmp_path / "passphrase of mine"
    own.touch()
    backend.use(Backend("prod", BUCKET, str(own)))
    assert (os.environ[URL], os.environ[PASSPHRASE_FILE]) == (BUCKET, str(own))
    own.unlink()
    monkeypatch.delenv(PASSPHRASE_FILE)
    with pytest.raises(SystemExit, match="which is gone: export PULUMI_CONFIG_PASSPHRASE"):
        backend.use(Backend("prod", BUCKET, str(own)))


def test_generated_passphrase_is_used_without_the_export_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL, DEFAULT, PASSPHRASE, PASSPHRASE_FILE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(backend, "CHECKOUT", Path("/checkout"))
    with pytest.raises(SystemExit, match=r"\.state/passphrase, is gone"):
        backend.use(Backend("prod", BUCKET, "generated"))
    assert os.environ[PASSPHRASE_FILE] == "/checkout/.state/passphrase"
