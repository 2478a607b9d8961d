"""tools/preview_without_state.py: a preview without a passphrase."""

import sys
from pathlib import Path

import pytest
import yaml

from components.errors import STAND_IN
from tools import preview_without_state

SECURE = {"secure": "v1:abc:def"}


def existing() -> dict[str, object]:
    return {"nuvla-swarm:kind": "target", "nuvla-swarm:machines": {"provider": "existing"}}


def test_encrypted_settings_are_replaced_and_others_stay() -> None:
    settings = {"nuvla-swarm:kind": "host", "nuvla-swarm:smtp_password": SECURE, "nuvla-swarm:domain": "example.org"}
    plain, hidden = preview_without_state.readable(settings)
    assert plain == {"nuvla-swarm:kind": "host", "nuvla-swarm:domain": "example.org"}
    assert hidden == ["nuvla-swarm:smtp_password"]


def test_object_of_encrypted_values_is_replaced_as_a_whole() -> None:
    login = {"nuvla-swarm:traefik_dns_credentials": {"KEY": SECURE, "SECRET": SECURE}}
    assert preview_without_state.readable(login) == ({}, ["nuvla-swarm:traefik_dns_credentials"])


def test_secret_that_is_not_given_is_left_to_the_program() -> None:
    assert preview_without_state.readable(existing()) == (existing(), [])
    with_key = existing() | {"nuvla-swarm:ssh_private_key": SECURE}
    assert preview_without_state.readable(with_key) == (existing(), ["nuvla-swarm:ssh_private_key"])


def test_pool_named_secure_is_no_secret() -> None:
    settings = {"nuvla-swarm:machines": {"provider": "local", "pools": {"secure": {"role": "manager"}}}}
    assert preview_without_state.readable(settings) == (settings, [])


def test_pulumi_gets_placeholders_for_all_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, folder, given = tmp_path / "checkout", tmp_path / "folder", []
    checkout.mkdir()
    folder.mkdir()
    document = {"encryptionsalt": "v1:abc", "config": existing() | {"nuvla-swarm:alert_webhook_url": SECURE}}
    (checkout / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    def pulumi(_: Path, *arguments: str, text: str | None = None, silent: bool = False) -> int:
        given.append((*arguments, text))
        return 0

    monkeypatch.setattr(preview_without_state, "CHECKOUT", checkout)
    monkeypatch.setattr(preview_without_state, "pulumi", pulumi)
    assert preview_without_state.preview("prod", folder) == 0
    assert given == [
        ("stack", "init", "prod", None),
        ("config", "set", "--secret", "nuvla-swarm:alert_webhook_url", STAND_IN),
        ("preview", None),
    ]
    assert yaml.safe_load((folder / "Pulumi.prod.yaml").read_text(encoding="utf-8")) == {"config": existing()}


def test_preview_stops_at_the_first_failed_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_without_state, "pulumi", lambda *_, text=None, silent=False: 3)
    assert preview_without_state.preview("dev", tmp_path) == 3


def test_unknown_stack_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").mkdir()
    for name in ("Pulumi.prod.yaml", "Pulumi.dev.yaml", "examples/local.yaml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(preview_without_state, "CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["preview.py", "Dev"])
    refused = r"nuvla-swarm: error: 'Dev' is neither a stack nor an example; allowed: dev, prod, examples/local.yaml$"
    with pytest.raises(SystemExit, match=refused):
        preview_without_state.main()
