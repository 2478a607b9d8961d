"""The stand-in of ``tls`` makes certificates as the released plugin does."""

import datetime
import ipaddress
import subprocess
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from cryptography import x509
from cryptography.x509 import verification

from tests.offline.plugin import UNKNOWN, Made, Plugin, is_secret, plain, secret
from tests.support.rows import rows


@pytest.fixture(scope="session")
def self_signed(tls: Plugin) -> Plugin:
    return tls.of("tls:index/selfSignedCert:SelfSignedCert")


@pytest.fixture(scope="session")
def request_(tls: Plugin) -> Plugin:
    return tls.of("tls:index/certRequest:CertRequest")


@pytest.fixture(scope="session")
def signed(tls: Plugin) -> Plugin:
    return tls.of("tls:index/locallySignedCert:LocallySignedCert")


@pytest.fixture(scope="session")
def key_pem(private_key: Plugin) -> str:
    return str(plain(private_key.create({"algorithm": "ECDSA", "ecdsaCurve": "P256"}).outputs["privateKeyPem"]))


@pytest.fixture(scope="session")
def authority_inputs(key_pem: str) -> dict[str, Any]:
    return {
        "privateKeyPem": secret(key_pem),
        "subject": {"commonName": "nuvla-swarm CA", "organization": "Nuvla"},
        "isCaCertificate": True,
        "validityPeriodHours": 87600,
        "allowedUses": ["cert_signing", "crl_signing"],
    }


@pytest.fixture(scope="session")
def authority(self_signed: Plugin, authority_inputs: dict[str, Any]) -> Made:
    return self_signed.create(authority_inputs)


@pytest.fixture(scope="session")
def server_inputs(request_: Plugin, authority: Made, key_pem: str) -> dict[str, Any]:
    wish = {
        "privateKeyPem": secret(key_pem),
        "subject": {"commonName": "manager-0"},
        "dnsNames": ["manager-0", "localhost"],
        "ipAddresses": ["192.0.2.7", "2001:db8::1"],
        "uris": ["spiffe://nuvla/manager-0"],
    }
    return {
        "certRequestPem": request_.create(wish).outputs["certRequestPem"],
        "caCertPem": authority.outputs["certPem"],
        "caPrivateKeyPem": secret(key_pem),
        "validityPeriodHours": 100,
        "allowedUses": ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
    }


@pytest.fixture(scope="session")
def server(signed: Plugin, server_inputs: dict[str, Any]) -> Made:
    return signed.create(server_inputs)


def certificate(made: Made) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.outputs["certPem"].encode())


def test_certificate_chain_verifies(authority: Made, server: Made) -> None:
    store = verification.Store([certificate(authority)])
    verifier = verification.PolicyBuilder().store(store).build_server_verifier(x509.DNSName("manager-0"))
    try:
        chain = verifier.verify(certificate(server), [])
    except verification.VerificationError as problem:
        # RFC 5280 asks for the identifiers that Go's x509 leaves out of self-signed roots
        pytest.fail(str(problem))
    assert len(chain) == 2


def test_openssl_verifies_the_chain_as_server_and_as_client(authority: Made, server: Made, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(authority.outputs["certPem"])
    (tmp_path / "cert.pem").write_text(server.outputs["certPem"])
    for purpose in ("sslserver", "sslclient"):
        command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-verify_ip", "192.0.2.7"]
        files = ["-CAfile", "ca.pem", "cert.pem"]
        run = subprocess.run([*command, *files], check=False, cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr


def test_certificate_names_come_from_the_request(server: Made) -> None:
    names = certificate(server).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["manager-0", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("192.0.2.7"),
        ipaddress.ip_address("2001:db8::1"),
    ]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://nuvla/manager-0"]
    assert certificate(server).subject.rfc4514_string() == "CN=manager-0"


def test_allowed_uses_become_key_usages(authority: Made, server: Made) -> None:
    root = certificate(authority).extensions.get_extension_for_class(x509.KeyUsage)
    assert root.critical
    assert (root.value.key_cert_sign, root.value.crl_sign, root.value.digital_signature) == (True, True, False)
    extended = certificate(server).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {use.dotted_string for use in extended} == {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}


def test_issuer_is_identified_by_its_key(authority: Made, server: Made) -> None:
    own = certificate(authority).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    above = certificate(server).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert above == own


def test_certificate_id_is_its_serial_number(server: Made) -> None:
    assert server.id == server.outputs["id"] == str(certificate(server).serial_number)


def test_validity_outputs_match_the_certificate(server: Made) -> None:
    start, end = (datetime.datetime.fromisoformat(server.outputs[f"validity{edge}Time"]) for edge in ("Start", "End"))
    assert end - start == datetime.timedelta(hours=100)
    assert certificate(server).not_valid_after_utc == end.astimezone(datetime.UTC).replace(microsecond=0)


def test_key_algorithms_are_outputs(authority: Made, server: Made) -> None:
    assert (authority.outputs["keyAlgorithm"], server.outputs["caKeyAlgorithm"]) == ("ECDSA", "ECDSA")


def test_private_key_of_a_certificate_is_secret(authority: Made, server: Made) -> None:
    assert is_secret(authority.outputs["privateKeyPem"])
    assert is_secret(server.outputs["caPrivateKeyPem"])
    assert not is_secret(server.outputs["certPem"])


def test_unchanged_certificate_inputs_have_no_diff(signed: Plugin, server: Made, server_inputs: dict[str, Any]) -> None:
    assert signed.diff(server, server_inputs) == {}
    assert signed.diff(server, server_inputs | {"isCaCertificate": False, "earlyRenewalHours": 0}) == {}


@rows(
    "change",
    [{"validityPeriodHours": 99}, {"allowedUses": ["server_auth"]}, {"setSubjectKeyId": True}, {"maxPathLength": 1}],
)
def test_changed_certificate_input_replaces(
    signed: Plugin, server: Made, server_inputs: dict[str, Any], change: dict[str, Any]
) -> None:
    kinds = signed.diff(server, server_inputs | change).values()
    assert kinds
    assert all(kind.endswith("_REPLACE") for kind in kinds)


def test_changed_authority_replaces(signed: Plugin, server: Made, server_inputs: dict[str, Any]) -> None:
    unknown = server_inputs | {"caCertPem": UNKNOWN, "caPrivateKeyPem": secret(UNKNOWN)}
    assert set(signed.diff(server, unknown).values()) == {"UPDATE_REPLACE"}


def test_early_renewal_updates_in_place(signed: Plugin, server: Made, server_inputs: dict[str, Any]) -> None:
    changed = server_inputs | {"earlyRenewalHours": 10}
    assert signed.diff(server, changed) == {"earlyRenewalHours": "UPDATE"}
    updated = signed.update(server, changed).outputs
    assert (updated["earlyRenewalHours"], updated["certPem"]) == (10, server.outputs["certPem"])


def test_certificate_near_its_end_is_replaced(signed: Plugin, server: Made, server_inputs: dict[str, Any]) -> None:
    """As the engine asks a hundred hours later: 10 hours of early renewal, 5 hours left."""
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=5)
    changed = server_inputs | {"earlyRenewalHours": 10}
    made = signed.update(server, changed)
    old = Made(made.id, made.inputs, made.outputs | {"validityEndTime": soon.isoformat()})
    assert signed.diff(old, changed) == {"readyForRenewal": "UPDATE_REPLACE"}
    assert signed.read(old).outputs["readyForRenewal"] is True
    assert signed.read(server).outputs["readyForRenewal"] is False


def test_certificate_always_due_is_ready_for_renewal(self_signed: Plugin, authority_inputs: dict[str, Any]) -> None:
    made = self_signed.create(authority_inputs | {"validityPeriodHours": 5, "earlyRenewalHours": 6})
    assert made.outputs["readyForRenewal"] is True


def test_path_length_of_an_authority_is_kept(self_signed: Plugin, authority_inputs: dict[str, Any]) -> None:
    made = self_signed.create(authority_inputs | {"maxPathLength": 1})
    assert certificate(made).extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1


def test_foreign_key_cannot_sign(signed: Plugin, private_key: Plugin, server_inputs: dict[str, Any]) -> None:
    other = private_key.create({"algorithm": "ED25519"}).outputs["privateKeyPem"]
    with pytest.raises(grpc.RpcError, match="doesn't match parent's PublicKey"):
        signed.create(server_inputs | {"caPrivateKeyPem": other})


@rows(
    "change, path",
    [
        ({"allowedUses": ["server"]}, "allowedUses[0]"),
        ({"validityPeriodHours": -1}, "validityPeriodHours"),
        ({"subject": {"cn": "x"}}, "subject.cn"),
        ({"privateKeyPemWo": "x"}, "privateKeyPemWo"),
        ({"privateKeyPem": None}, "privateKeyPem"),
    ],
)
def test_certificate_check_names_the_wrong_input(
    self_signed: Plugin, authority_inputs: dict[str, Any], change: dict[str, Any], path: str
) -> None:
    assert list(self_signed.failures(authority_inputs | change)) == [path]


def test_failure_does_not_quote_the_key(self_signed: Plugin, authority_inputs: dict[str, Any], key_pem: str) -> None:
    broken = key_pem.replace("\n", "\n!", 1)
    with pytest.raises(grpc.RpcError) as caught:
        self_signed.create(authority_inputs | {"privateKeyPem": secret(broken)})
    assert key_pem.splitlines()[1] not in str(caught.value.details())
