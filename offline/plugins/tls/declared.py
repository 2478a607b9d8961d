"""The resource types of ``tls`` 5.6.2, as the SDK of that version describes them.

Sources: pulumi-tls 5.6.2 (Python SDK), pulumi-tls v5.5.1 ``schema.json``, terraform-provider-tls ``internal/provider``.
"""

from typing import Final

from standin.schema import BOOLEAN, INTEGER, STRING, Choice, ListOf, Object, Property, ResourceSchema

KEY_USAGES: Final = {
    "digital_signature": "digital_signature",
    "content_commitment": "content_commitment",
    "key_encipherment": "key_encipherment",
    "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement",
    "cert_signing": "key_cert_sign",
    "crl_signing": "crl_sign",
    "encipher_only": "encipher_only",
    "decipher_only": "decipher_only",
}  # -> argument of cryptography's KeyUsage
EXTENDED_KEY_USAGES: Final = {
    "any_extended": "2.5.29.37.0",
    "server_auth": "1.3.6.1.5.5.7.3.1",
    "client_auth": "1.3.6.1.5.5.7.3.2",
    "code_signing": "1.3.6.1.5.5.7.3.3",
    "email_protection": "1.3.6.1.5.5.7.3.4",
    "ipsec_end_system": "1.3.6.1.5.5.7.3.5",
    "ipsec_tunnel": "1.3.6.1.5.5.7.3.6",
    "ipsec_user": "1.3.6.1.5.5.7.3.7",
    "timestamping": "1.3.6.1.5.5.7.3.8",
    "ocsp_signing": "1.3.6.1.5.5.7.3.9",
    "microsoft_server_gated_crypto": "1.3.6.1.4.1.311.10.3.3",
    "netscape_server_gated_crypto": "2.16.840.1.113730.4.1",
    "microsoft_commercial_code_signing": "1.3.6.1.4.1.311.2.1.22",
    "microsoft_kernel_code_signing": "1.3.6.1.4.1.311.61.1.1",
}
NAMES: Final = {
    "country": "2.5.4.6",
    "organization": "2.5.4.10",
    "organizationalUnit": "2.5.4.11",
    "locality": "2.5.4.7",
    "province": "2.5.4.8",
    "streetAddresses": "2.5.4.9",
    "postalCode": "2.5.4.17",
    "commonName": "2.5.4.3",
    "serialNumber": "2.5.4.5",
    "emailAddress": "1.2.840.113549.1.9.1",
}  # in the order in which they stand in a subject

_TEXT: Final = Property(type=STRING)
_TEXTS: Final = Property(type=ListOf(STRING))
_COMPUTED: Final = Property(type=STRING, always=True)
_FLAG: Final = Property(type=BOOLEAN, always=True)
_PRIVATE: Final = Property(type=STRING, secret=True)
_COMPUTED_PRIVATE: Final = Property(type=STRING, secret=True, always=True)
_HOURS: Final = Property(type=INTEGER, required=True, minimum=0)
_USES: Final = Property(type=ListOf(Choice((*KEY_USAGES, *EXTENDED_KEY_USAGES))), required=True)
_NO_WRITE_ONLY: Final = "the stand-in of tls has no write-only keys: use the property without Wo"


def _write_only(name: str) -> dict[str, Property]:
    return {
        f"{name}Wo": Property(type=STRING, secret=True, refused=_NO_WRITE_ONLY),
        f"{name}WoVersion": Property(type=INTEGER, refused=_NO_WRITE_ONLY),
    }


def _subject(owner: str) -> Property:
    fields = {name: _TEXTS if name == "streetAddresses" else _TEXT for name in NAMES}
    return Property(type=Object(f"tls:index/{owner}Subject:{owner}Subject", fields))


def _wishes(owner: str) -> dict[str, Property]:
    names = {"dnsNames": _TEXTS, "ipAddresses": _TEXTS, "uris": _TEXTS, "subject": _subject(owner)}
    return {"privateKeyPem": _PRIVATE, **_write_only("privateKeyPem"), **names}


_ISSUED: Final = {
    "allowedUses": _USES,
    "validityPeriodHours": _HOURS,
    "earlyRenewalHours": Property(type=INTEGER, minimum=0, always=True),
    "isCaCertificate": _FLAG,
    "maxPathLength": Property(type=INTEGER, minimum=-1, always=True),
    "setSubjectKeyId": _FLAG,
}
_CERTIFICATE: Final = {
    "certPem": _COMPUTED,
    "readyForRenewal": _FLAG,
    "validityStartTime": _COMPUTED,
    "validityEndTime": _COMPUTED,
}

PRIVATE_KEY: Final = ResourceSchema(
    token="tls:index/privateKey:PrivateKey",
    inputs={
        "algorithm": Property(type=Choice(("RSA", "ECDSA", "ED25519")), required=True),
        "ecdsaCurve": Property(type=Choice(("P224", "P256", "P384", "P521")), always=True),
        "rsaBits": Property(type=INTEGER, always=True),
    },
    computed={
        "privateKeyPem": _COMPUTED_PRIVATE,
        "privateKeyOpenssh": _COMPUTED_PRIVATE,
        "privateKeyPemPkcs8": _COMPUTED_PRIVATE,
        "publicKeyPem": _COMPUTED,
        "publicKeyOpenssh": _COMPUTED,
        "publicKeyFingerprintMd5": _COMPUTED,
        "publicKeyFingerprintSha256": _COMPUTED,
    },
)
CERT_REQUEST: Final = ResourceSchema(
    token="tls:index/certRequest:CertRequest",
    inputs=_wishes("CertRequest"),
    computed={"certRequestPem": _COMPUTED, "keyAlgorithm": _COMPUTED},
)
SELF_SIGNED_CERT: Final = ResourceSchema(
    token="tls:index/selfSignedCert:SelfSignedCert",
    inputs=_wishes("SelfSignedCert") | _ISSUED | {"setAuthorityKeyId": _FLAG},
    computed=_CERTIFICATE | {"keyAlgorithm": _COMPUTED},
)
LOCALLY_SIGNED_CERT: Final = ResourceSchema(
    token="tls:index/locallySignedCert:LocallySignedCert",
    inputs={
        "certRequestPem": Property(type=STRING, required=True),
        "caCertPem": Property(type=STRING, required=True),
        "caPrivateKeyPem": _PRIVATE,
        **_write_only("caPrivateKeyPem"),
        **_ISSUED,
    },
    computed=_CERTIFICATE | {"caKeyAlgorithm": _COMPUTED},
)
PROXY: Final = Property(
    type=Object(
        "tls:index/ProviderProxy:ProviderProxy",
        {"fromEnv": Property(type=BOOLEAN), "password": _PRIVATE, "url": _TEXT, "username": _TEXT},
    )
)
