"""The stand-in of ``tls`` makes keys as the released plugin does."""

import subprocess
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from tests.offline.plugin import UNKNOWN, Plugin, is_secret, plain
from tests.support.rows import rows

PRIVATE = ("privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8")


@rows("kind", [{"algorithm": "RSA"}, {"algorithm": "ED25519"}, {"algorithm": "ECDSA"}])
def test_private_key_outputs_are_secret(private_key: Plugin, kind: dict[str, str]) -> None:
    outputs = private_key.create(kind).outputs
    assert {name for name, value in outputs.items() if is_secret(value)} == set(PRIVATE)


@rows(
    "kind, head",
    [
        ({"algorithm": "RSA", "rsaBits": 2048}, "RSA PRIVATE KEY"),
        ({"algorithm": "ECDSA", "ecdsaCurve": "P384"}, "EC PRIVATE KEY"),
        ({"algorithm": "ED25519"}, "PRIVATE KEY"),
    ],
)
def test_all_formats_of_a_key_share_one_public_key(private_key: Plugin, kind: dict[str, Any], head: str) -> None:
    outputs = plain(private_key.create(kind).outputs)
    assert outputs["privateKeyPem"].startswith(f"-----BEGIN {head}-----\n")
    pem = load_pem_private_key(outputs["privateKeyPem"].encode(), None).public_key()
    assert pem == load_pem_private_key(outputs["privateKeyPemPkcs8"].encode(), None).public_key()
    assert pem == load_ssh_private_key(outputs["privateKeyOpenssh"].encode(), None).public_key()


def test_fingerprints_match_those_of_openssh(private_key: Plugin, tmp_path: Path) -> None:
    outputs = private_key.create({"algorithm": "ED25519"}).outputs
    (path := tmp_path / "key.pub").write_text(outputs["publicKeyOpenssh"])
    for kind, property_, prefix in (
        ("md5", "publicKeyFingerprintMd5", "MD5:"),
        ("sha256", "publicKeyFingerprintSha256", ""),
    ):
        run = subprocess.run(["ssh-keygen", "-l", "-E", kind, "-f", path], check=True, capture_output=True, text=True)
        assert run.stdout.split()[1] == prefix + outputs[property_]


def test_p224_keys_have_no_openssh_format(private_key: Plugin) -> None:
    outputs = plain(private_key.create({"algorithm": "ECDSA"}).outputs)
    assert outputs["ecdsaCurve"] == "P224"
    assert outputs["privateKeyOpenssh"] == outputs["publicKeyOpenssh"] == outputs["publicKeyFingerprintMd5"] == ""


def test_default_key_inputs_are_outputs_and_have_no_diff(private_key: Plugin) -> None:
    made = private_key.create({"algorithm": "ED25519", "rsaBits": 2048})
    assert (made.outputs["rsaBits"], made.outputs["ecdsaCurve"]) == (2048, "P224")
    assert private_key.diff(made, {"algorithm": "ED25519"}) == {}


def test_changed_key_input_replaces(private_key: Plugin) -> None:
    made = private_key.create({"algorithm": "ED25519"})
    assert private_key.diff(made, {"algorithm": "RSA", "rsaBits": 4096}) == {
        "algorithm": "UPDATE_REPLACE",
        "rsaBits": "UPDATE_REPLACE",
    }


def test_key_preview_is_unknown_and_secret(private_key: Plugin) -> None:
    outputs = private_key.preview({"algorithm": "ED25519"})
    assert plain(outputs["privateKeyPem"]) == outputs["publicKeyOpenssh"] == UNKNOWN
    assert is_secret(outputs["privateKeyPem"])
    assert outputs["rsaBits"] == 2048


@rows(
    "inputs, path",
    [
        ({"algorithm": "DSA"}, "algorithm"),
        ({}, "algorithm"),
        ({"algorithm": "RSA", "bits": 2048}, "bits"),
        ({"algorithm": "RSA", "rsaBits": "2048"}, "rsaBits"),
    ],
)
def test_key_check_names_the_wrong_input(private_key: Plugin, inputs: dict[str, Any], path: str) -> None:
    assert list(private_key.failures(inputs)) == [path]
