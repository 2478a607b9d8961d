"""The stand-in for Grafana: its login, which is that of its first start until it is changed, as in the real one.

Source: grafana/grafana, pkg/cmd/grafana-cli/commands/reset_password_command.go, pkg/services/sqlstore/sqlstore.go
(ensureMainOrgAndAdminUser), pkg/setting/expanders.go, packaging/docker/run.sh.
"""

import hashlib
from pathlib import Path

import pytest
import requests

from components import assets
from tests.offline.grafana import LOGIN, PATIENCE_S, Grafana

pytestmark = pytest.mark.tools("go")  # builds the fake


@pytest.fixture
def grafana(tmp_path: Path) -> Grafana:
    return Grafana(tmp_path)


def test_fake_grafana_keeps_its_first_password(grafana: Grafana) -> None:
    """As in Grafana, whose variables make the administrator, and never change it."""
    with grafana.running():
        pass
    grafana.write("password", "other")
    with grafana.running():
        assert grafana.opens(*LOGIN)
        assert not grafana.opens("operator", "other")


def test_reset_tool_reads_the_password_from_stdin(grafana: Grafana) -> None:
    with grafana.running():
        code, said = grafana.reset("--password-from-stdin", input="another\nline\n")
        assert (code, "Admin password changed successfully" in said) == (0, True)
        assert grafana.opens("operator", "another"), "also while it runs"
        assert not grafana.opens(*LOGIN)
    with grafana.running():
        assert grafana.opens("operator", "another")


def test_reset_tool_creates_a_missing_database(grafana: Grafana) -> None:
    """So that it must have the variables of the server: without a password, it would be `admin` until it is reset."""
    del grafana.env["GF_SECURITY_ADMIN_PASSWORD"]
    assert grafana.reset("--password-from-stdin", input="")[0] == 1
    first = grafana.users
    grafana.env["GF_SECURITY_ADMIN_PASSWORD"] = "word"
    with grafana.running():
        assert grafana.opens("operator", "admin")
    assert grafana.reset("--password-from-stdin", input="admin")[0] == 0
    assert grafana.users == first


def test_reset_tool_finds_the_administrator_by_id(grafana: Grafana) -> None:
    with grafana.running():
        pass
    grafana.users = [grafana.users[0] | {"login": "renamed"}]
    assert "changed successfully" in grafana.reset("--password-from-stdin")[1]
    with grafana.running():
        assert grafana.opens("renamed", "another")
        assert not grafana.opens("operator", "another")


def test_reset_tool_exits_0_when_it_changes_nothing(grafana: Grafana) -> None:
    with grafana.running():
        pass
    (first,) = grafana.users
    others = [[first | {"id": 2}], [first | {"admin": False}]]
    for users in others:
        grafana.users = users
        code, said = grafana.reset("--password-from-stdin")
        assert (code, "successfully" in said) == (0, False)
        assert grafana.users == users
    grafana.users = others[0]
    assert "Username: operator ID: 2" in grafana.reset("--password-from-stdin")[1]
    assert "successfully" in grafana.reset("--password-from-stdin", "--user-id", "2")[1]


def test_reset_tool_rejects_what_grafana_rejects(grafana: Grafana) -> None:
    with grafana.running():
        pass
    assert grafana.reset("--password-from-stdin", input="abc")[0] == 1
    code, said = grafana.reset("--password-from-stdin", config="nowhere.ini")
    assert (code, "nowhere.ini" in said) == (1, True)
    done = grafana.run("grafana", "cli", "admin", "reset-admin-password", "another")
    assert (done.returncode, "config defaults" in done.stderr) == (1, True)
    grafana.write("data/grafana.db", "{")
    code, said = grafana.reset("--password-from-stdin")
    assert (code, "failed to initialize runner" in said) == (1, True)
    assert "is no database" in grafana.refusal()


def test_password_can_be_changed_by_api(grafana: Grafana) -> None:
    with grafana.running():
        address = f"http://127.0.0.1:{grafana.port}/api/user/password"
        for old, code in (("wrong", 400), ("word", 200)):
            wanted = {"oldPassword": old, "newPassword": "by-hand", "confirmNew": "by-hand"}
            assert requests.put(address, json=wanted, auth=LOGIN, timeout=PATIENCE_S).status_code == code
        assert grafana.opens("operator", "by-hand")


def test_variable_value_is_read_from_a_file_in_either_syntax(grafana: Grafana) -> None:
    del grafana.env["GF_SECURITY_ADMIN_PASSWORD"]
    grafana.env["GF_SECURITY_ADMIN_PASSWORD__FILE"] = str(grafana.folder / "password")
    with grafana.running():
        assert grafana.opens(*LOGIN)
    grafana.env["GF_SECURITY_ADMIN_PASSWORD"] = "word"
    assert "Both GF_SECURITY_ADMIN_PASSWORD and" in grafana.refusal()


def test_database_of_an_older_fake_is_migrated(grafana: Grafana) -> None:
    grafana.write("data/grafana.db", hashlib.sha256(b"operator\0old").hexdigest())
    with grafana.running():
        assert grafana.opens("operator", "old")


def test_start_script_restores_the_login_of_the_program(grafana: Grafana, tmp_path: Path) -> None:
    """With data of before, after another password, and after one that was set by hand."""
    text = assets.read("monitoring/files/grafana_start.sh")
    text = text.replace("/run/secrets/grafana-admin-password", str(tmp_path / "password"))
    start = ("/bin/sh", "-c", text.replace("/run.sh", str(grafana.program / "run.sh")))
    for password in ("first", "second", "second", "third"):
        grafana.write("password", password)
        with grafana.running(*start):
            assert grafana.opens("operator", password)
        assert grafana.reset("by-hand")[0] == 0
    grafana.write("data/grafana.db", [])
    with grafana.running(*start):
        assert grafana.opens("operator", "third")
