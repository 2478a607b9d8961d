"""docs/recording/redaction.py: no folder of a computer, and no secret, is in a recording."""

from pathlib import Path

import pytest

from docs.recording.redaction import DOTS, Redaction, secrets
from tests.support.rows import rows

HOME = Path("/home/somebody")
CLONE = Path("/tmp/x1y2/nuvla-swarm")
OUTPUTS = {
    "logins": {"grafana": {"username": "admin", "password": "pass-1"}, "s3": {"username": "u", "password": "pass-12"}},
    "s3": {"access_key": "key-of-s3", "secret_key": "secret-of-s3", "endpoint": "https://192.0.2.7:9000"},
    "kind": "target",
}


def test_secrets_are_those_that_the_status_prints() -> None:
    assert secrets(OUTPUTS) == {"pass-1", "pass-12", "key-of-s3", "secret-of-s3"}
    assert secrets({"logins": None}) == set()


@rows(
    "text, shown",
    [
        ("made /tmp/x1y2/nuvla-swarm/.state/ssh", "made ~/nuvla-swarm/.state/ssh"),
        ("in /home/somebody/.cache", "in ~/.cache"),
        ("grafana admin pass-12", f"grafana admin {DOTS}"),
        ("s3 key-of-s3 secret-of-s3", f"s3 {DOTS} {DOTS}"),
        ("nfs 192.0.2.7:/nfs-root", "nfs 192.0.2.7:/nfs-root"),
        ("https://192.0.2.7/var/", "https://192.0.2.7/var/"),
    ],
)
def test_folders_and_secrets_are_replaced(text: str, shown: str) -> None:
    assert Redaction(CLONE, HOME, secrets(OUTPUTS))(text) == shown


@rows("text", ["a /tmp/other", "'/root/.ssh'", "=/home/else/x", "/work/y", "file:///mnt/z", "a:/var/b"])
def test_folder_that_nothing_replaces_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has a folder of this computer, /"):
        Redaction(CLONE, HOME)(text)
