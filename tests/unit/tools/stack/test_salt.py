"""tools/stack/salt.py: only the salt of a local stack that has no encrypted settings goes."""

from pathlib import Path

from tests.support.rows import rows
from tools.stack import salt

SALT = "encryptionsalt: v1:a+b=:v1:c:d==\n"
LOCAL = "# Of a trial.\nconfig:\n  nuvla-swarm:machines:\n    provider: local # here\n"


def after(folder: Path, text: str) -> str:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(text, encoding="utf-8")
    salt.forget(path)
    assert [file.name for file in folder.iterdir()] == [path.name]
    return path.read_text(encoding="utf-8")


@rows("text", [SALT + LOCAL, LOCAL + SALT, LOCAL + SALT.rstrip(), LOCAL])
def test_local_file_is_as_before_pulumi(tmp_path: Path, text: str) -> None:
    assert after(tmp_path, text) == LOCAL


@rows(
    "text",
    [
        SALT + LOCAL.replace("local", "exoscale"),
        SALT + LOCAL + "  nuvla-swarm:smtp_password:\n    secure: v1:e:f\n",
        SALT + LOCAL + "  nuvla-swarm:smtp_password: {'secure': v1:e:f}\n",
        SALT,
    ],
)
def test_salt_that_may_be_needed_stays(tmp_path: Path, text: str) -> None:
    assert after(tmp_path, text) == text


def test_link_stays_a_link_and_ends_of_lines_and_mode_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "Pulumi.dev.yaml"
    text = LOCAL.replace("\n", "\r\n").encode()
    real.write_bytes(SALT.replace("\n", "\r\n").encode() + text)
    real.chmod(0o644)
    link.symlink_to(real.name)
    salt.forget(link)
    assert (link.is_symlink(), real.read_bytes(), real.stat().st_mode & 0o777) == (True, text, 0o644)


@rows(
    "text, expected",
    [
        (SALT + LOCAL.replace("local", "exoscale"), LOCAL.replace("local", "exoscale")),
        (f"encryptedkey: abc\n{LOCAL}", LOCAL),
        (SALT + LOCAL + "  nuvla-swarm:smtp_password: {secure: v1:e:f}\n", None),
    ],
)
def test_salt_and_key_of_a_removed_state_go_unless_they_are_needed(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)
    salt.forget_state(path)
    assert path.read_text() == (expected or text)
