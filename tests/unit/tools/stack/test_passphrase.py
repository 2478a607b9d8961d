"""tools/stack/passphrase.py: the source of the passphrase of a state."""

from pathlib import Path
from typing import Any

from tests.support.rows import rows
from tools.stack import backend_url, passphrase
from tools.stack.passphrase import PASSPHRASE, PASSPHRASE_FILE
from tools.stack.settings_file import SettingsFile

BUCKET, CLOUD = "s3://state", "https://api.pulumi.com"
OWN: dict[str, str] = {PASSPHRASE_FILE: "/home/me/passphrase"}
OF_A_CHECKOUT: dict[str, str] = {PASSPHRASE_FILE: "/checkout/.state/passphrase"}


def source(checkout: Path, url: str, environment: dict[str, str], **document: Any) -> str:
    return passphrase.source(SettingsFile(Path("Pulumi.prod.yaml"), document), url, environment, checkout)


@rows(
    "environment, own, elsewhere",
    [
        ({}, "generated", "missing"),
        (OF_A_CHECKOUT, "generated", "missing"),
        (OWN, "/home/me/passphrase", "/home/me/passphrase"),
        ({PASSPHRASE: ""}, "exported", "exported"),  # an empty one is one, as Pulumi has it
        (OWN | {PASSPHRASE: "x"}, "exported", "exported"),
    ],
)
def test_generated_passphrase_is_for_the_state_of_the_checkout(
    environment: dict[str, str], own: str, elsewhere: str, tmp_path: Path
) -> None:
    assert source(tmp_path, backend_url.own(tmp_path), environment) == own
    assert source(tmp_path, BUCKET, environment) == elsewhere
    assert source(tmp_path, f"file://{tmp_path}/other", environment) == elsewhere


@rows("environment", [{}, OWN, {PASSPHRASE: "x"}])
def test_key_service_needs_no_passphrase(environment: dict[str, str], tmp_path: Path) -> None:
    assert source(tmp_path, BUCKET, environment, secretsprovider="awskms://x") == "key service"
    assert source(tmp_path, CLOUD, environment) == "key service"


def test_stack_of_pulumi_cloud_with_a_salt_has_a_passphrase(tmp_path: Path) -> None:
    assert source(tmp_path, CLOUD, {PASSPHRASE: "x"}, encryptionsalt="v1:x") == "exported"
