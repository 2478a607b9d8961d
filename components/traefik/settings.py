"""Settings of Traefik and of the certificates that it serves."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from components.fields import Email, Section, former, memory_limit
from components.network_fields import SourceNetwork
from components.text_form import TextForm
from components.traefik.names import DnsName, is_wildcard

AcmeDirectoryUrl = Annotated[
    str,
    TextForm(
        r"^https://[\w.-]+(:[0-9]+)?/[\w./-]*$", "the https URL of a directory", "https://acme.example.org/directory"
    ),
]
Pem = Annotated[
    str,
    TextForm(
        r"^(-----BEGIN CERTIFICATE-----[\w+/=\n]+-----END CERTIFICATE-----\n?)+$",
        "certificates in PEM",
        "-----BEGIN CERTIFICATE-----\nMIIB...=\n-----END CERTIFICATE-----".replace("...", "A" * 8),
    ),
]
DnsProvider = Annotated[str, TextForm(r"^[a-z][a-z0-9-]*$", "lego's code of a DNS provider", "exoscale")]
DnsServer = Annotated[str, TextForm(r"^[\w.-]+:[0-9]+$", "a DNS server with its port", "9.9.9.9:53")]


class AcmeDomain(Section):
    """A certificate for additional names."""

    main: DnsName = Field(description="main name of the certificate, also a wildcard such as `*.example.org`")
    sans: list[DnsName] = Field([], description="additional names in the same certificate")


class DnsChallengeSettings(Section):
    """The DNS challenge, which needs no open port; the secret `traefik_dns_credentials` has the provider's login."""

    provider: DnsProvider = Field(description="DNS provider of the names, as lego's code, such as `exoscale`")
    resolvers: list[DnsServer] = Field(
        [], description="DNS servers that Traefik asks, such as `9.9.9.9:53`; the machine's if empty"
    )
    check: Literal["authoritative", "resolvers", "none"] = Field(
        "authoritative", description="DNS servers that must have the record before the ACME server checks"
    )
    delay_s: int = Field(0, ge=0, le=3600, description="delay in seconds between writing the record and checking it")


class AcmeSettings(Section):
    """Certificates of Let's Encrypt, by the HTTP challenge or the DNS challenge; they require `domain`."""

    email: Email = Field(description="contact address of the ACME account")
    staging: bool = Field(
        False, description="whether to use Let's Encrypt's staging server; browsers distrust its certificates"
    )
    server: AcmeDirectoryUrl | None = Field(None, description="directory URL of another ACME server")
    server_ca: Pem | None = Field(None, description="CA certificate in PEM that verifies `server`")
    machine: str | None = Field(
        None, description="manager that stores the certificates; the first active manager if unset"
    )
    domains: list[AcmeDomain] = Field(
        [], description="certificates for additional names, besides `domain` and `s3.<domain>`"
    )
    dns_challenge: DnsChallengeSettings | None = Field(
        None, description="the DNS challenge; the HTTP challenge on port 80 if unset"
    )

    @model_validator(mode="after")
    def _has_dns_for_wildcards(self) -> Self:
        """Names with `*` in `traefik.acme.domains` require `traefik.acme.dns_challenge`."""
        for index, domain in enumerate(self.domains):
            for name in filter(is_wildcard, (domain.main, *domain.sans)):
                if self.dns_challenge is None:
                    raise ValueError(
                        f'domains[{index}]: "{name}" given; allowed: names without *, '
                        "or wildcards together with traefik.acme.dns_challenge"
                    )
        return self

    @model_validator(mode="after")
    def _has_one_server(self) -> Self:
        """`traefik.acme.server` excludes `traefik.acme.staging`; `traefik.acme.server_ca` requires `server`."""
        if self.staging and self.server is not None:
            raise ValueError(f"staging: true given; allowed: false, as traefik.acme.server is {self.server}")
        if self.server_ca is not None and self.server is None:
            raise ValueError("server: not given; required: the ACME server that traefik.acme.server_ca is for")
        return self


class TraefikSettings(Section):
    """Traefik, the reverse proxy in front of the services."""

    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field("INFO", description="log level of Traefik")
    access_log: bool = Field(False, description="whether Traefik logs every request")
    access_log_format: Literal["common", "json"] = Field(
        "common", description="format of the access log; `json` has a field per property"
    )
    dashboard: bool = Field(
        True, description="whether port 8080 serves Traefik's dashboard and API to operators, without login"
    )
    min_tls: Literal["1.2", "1.3"] = Field("1.2", description="oldest TLS version that clients may use")
    hsts_max_age_s: int | None = Field(
        None, ge=1, le=63072000, description="time in seconds that browsers insist on HTTPS; unset: no HSTS header"
    )
    trusted_proxies: list[SourceNetwork] = Field(
        [], description="networks of load balancers whose `X-Forwarded-For` headers Traefik trusts"
    )
    memory_limit_mib: int = memory_limit(512, least=64, process="Traefik")
    self_signed_days: int = Field(
        365,
        ge=60,
        le=3650,
        description="lifetime of the self-signed certificate in days",
        json_schema_extra=former("certificate_days"),
    )
    certificate: str | None = Field(
        None,
        examples=["-----BEGIN CERTIFICATE-----"],
        description="your own certificate with its chain in PEM; self-signed if unset",
    )
    metrics_login_generation: int = Field(
        1, ge=1, description="number; raise it to replace the password by which Prometheus reads Traefik's metrics"
    )
    acme: AcmeSettings | None = Field(None, description="certificates of Let's Encrypt; self-signed if unset")

    @model_validator(mode="after")
    def _has_an_access_log_for_its_format(self) -> Self:
        """`traefik.access_log_format` requires `traefik.access_log`."""
        if self.access_log_format != "common" and not self.access_log:
            raise ValueError("access_log: false given; required: true, as traefik.access_log_format is json")
        return self

    @model_validator(mode="after")
    def _has_one_default_certificate(self) -> Self:
        """`traefik.certificate` excludes `traefik.self_signed_days`."""
        default = type(self).model_fields["self_signed_days"].default
        if self.certificate is not None and self.self_signed_days != default:
            raise ValueError(
                f"self_signed_days: {self.self_signed_days} given; allowed: only without traefik.certificate, "
                "which replaces the self-signed certificate"
            )
        return self

    @model_validator(mode="after")
    def _trusts_known_proxies(self) -> Self:
        """`traefik.trusted_proxies` has no network of all addresses, such as `0.0.0.0/0`."""
        for index, network in enumerate(self.trusted_proxies):
            if not network.prefixlen:
                raise ValueError(
                    f"trusted_proxies[{index}]: {network} given, so any client could claim an operator's address; "
                    "allowed: the networks of the load balancers, such as 192.0.2.0/24"
                )
        return self

    @model_validator(mode="after")
    def _has_a_trusted_certificate_for_hsts(self) -> Self:
        """`traefik.hsts_max_age_s` requires `traefik.certificate` or `traefik.acme`."""
        if self.hsts_max_age_s is not None and self.certificate is None and self.acme is None:
            raise ValueError(
                f"hsts_max_age_s: {self.hsts_max_age_s} given; allowed: only with traefik.certificate or traefik.acme, "
                "as browsers then refuse a self-signed certificate without exception"
            )
        return self
