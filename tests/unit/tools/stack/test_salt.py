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
