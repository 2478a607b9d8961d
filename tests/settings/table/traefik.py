"""Rows of the settings of Traefik."""

import json
from dataclasses import replace
from typing import Any

from cryptography import x509

from tests.settings.rows import Bad, Change, Row, Values, refused
from tests.settings.values import EMAIL, LIST, OBJECT, TEXT, choice, networks, section, switch, whole
from tests.support.self_signed import self_signed

DIRECTORY = "the https URL of a directory"
PEM_TEXT = "certificates in PEM"
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
ACCOUNT: dict[str, Any] = {"email": "a@example.org"}
ACME: dict[str, Any] = {"domain": "example.org", "traefik.acme": ACCOUNT}
OTHER_SERVER: dict[str, Any] = {"domain": "example.org", "traefik.acme": ACCOUNT | {"server": "https://ca/directory"}}
RESOLVER = "dataRaw.certificatesResolvers.cert-resolver.acme"
SELF_SIGNED = "the stack of the real preview signs its certificate itself"
STATIC = ("traefik", "traefik-config-static")
SERVICE = ("traefik", "traefik-service")
DYNAMIC = ("traefik", "traefik-config-dynamic")
CERTIFICATE, KEY = self_signed(x509.DNSName("example.org"))
RENEWED, _ = self_signed(x509.DNSName("example.org"), key=KEY)
CHALLENGE: dict[str, Any] = {"provider": "exoscale"}
CHALLENGE_SECTION = section("traefik.acme.dns_challenge")
DNS: dict[str, Any] = {"domain": "example.org", "traefik.acme": ACCOUNT | {"dns_challenge": CHALLENGE}}
LOGIN = {"traefik_dns_credentials": json.dumps({"EXOSCALE_API_KEY": "EXO", "EXOSCALE_API_SECRET": "WORD"})}
NAMES: dict[str, Any] = {"domain": "example.org", "traefik.acme": ACCOUNT | {"domains": [{"main": "www.example.org"}]}}
DNS_NAME = "a DNS name, in lower case"
PROVIDER = "lego's code of a DNS provider"
RESOLVERS = "a DNS server with its port"
WANTS_SECRETS = "the stack of the real preview has no such secret"

ROWS = [
    section("traefik"),
    Row(
        "traefik.log_level",
        choice("DEBUG", "INFO", "WARN", "ERROR"),
        Change("DEBUG", *STATIC, 'log_level: "INFO" => "DEBUG"', 'dataRaw.log.level: "INFO" => "DEBUG"'),
    ),
    Row(
        "traefik.access_log",
        switch(),
        Change(True, *STATIC, "access_log: false => true", "+ dataRaw.accessLog: {}"),
    ),
    Row(
        "traefik.access_log_format",
        replace(choice("common", "json"), also={"traefik.access_log": True}),
        Change(
            "json",
            *STATIC,
            '+ access_log_format: "json"',
            '+ dataRaw.accessLog.format: "json"',
            also={"traefik.access_log": True},
            together="off",
        ),
    ),
    Row(
        "traefik.dashboard",
        switch(),
        Change(
            False,
            *DYNAMIC,
            "+ dashboard: false",
            'dataRaw.http.routers.operators.service: "api@internal" => "unavailable"',
        ),
    ),
    Row(
        "traefik.min_tls",
        Values(["1.2", "1.3"], refused("'1.2' or '1.3'", "1.1", "", 1.3)),
        Change("1.3", *DYNAMIC, '+ min_tls: "1.3"', '+ dataRaw.tls.options.default.minVersion: "VersionTLS13"'),
    ),
    Row(
        "traefik.hsts_max_age_s",
        replace(whole(1, 63072000, unset=True), also=ACME),
        Change(
            300,
            *DYNAMIC,
            "+ hsts_max_age_s: 300",
            "+ dataRaw.http.middlewares.hsts.headers.stsSeconds: 300",
            also=ACME,
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.trusted_proxies",
        networks(),
        Change(
            ["192.0.2.0/24"],
            *STATIC,
            '+ trusted_proxies[0]: "192.0.2.0/24"',
            '+ dataRaw.entryPoints.websecure.proxyProtocol.trustedIPs[0]: "192.0.2.0/24"',
        ),
    ),
    Row(
        "traefik.memory_limit_mib",
        whole(64),
        Change(
            513,
            *SERVICE,
            "memory_limit_mib: 512 => 513",
            "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
        ),
    ),
    Row(
        "traefik.self_signed_days",
        whole(60, 3650),
        Change(
            366,
            "traefik-certificate",
            "traefik-certificate-cert",
            "days: 365 => 366",
            "validityPeriodHours: 8760 => 8784",
        ),
        formerly=["traefik.certificate_days"],
    ),
    Row(
        "traefik.certificate",
        Values([CERTIFICATE], [Bad(1, TEXT)]),
        Change(
            RENEWED,
            "traefik-own-certificate",
            "traefik-own-certificate-config-certificate",
            f"+ certificate: {RENEWED.splitlines()[1]}",
            f"+ dataRaw: {RENEWED.splitlines()[1]}",
            also={"traefik.certificate": CERTIFICATE},
            secrets={"traefik_certificate_key": KEY},
            not_previewed=WANTS_SECRETS,
        ),
    ),
    Row(
        "traefik.metrics_login_generation",
        whole(1),
        Change(
            2,
            "traefik-metrics-login",
            "traefik-metrics-login-password",
            "+ generation: 2",
            '+ keepers.generation: "2"',
            together="logins",
        ),
    ),
    Row(
        "traefik.acme",
        section("traefik.acme").values,
        Change(
            ACCOUNT,
            *SERVICE,
            '+ acme.email: "a@example.org"',
            "taskSpec.containerSpec.configs[0].configId: * => *",
            also={"domain": "example.org"},
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.email",
        Values(["a@example.org"], [*refused(EMAIL, "a", ""), Bad(1, TEXT)], also=ACME),
        Change(
            "b@example.org",
            *STATIC,
            'acme.email: "a@example.org" => "b@example.org"',
            f'{RESOLVER}.email: "a@example.org" => "b@example.org"',
            also=ACME,
            not_previewed=SELF_SIGNED,
        ),
        required=True,
    ),
    Row(
        "traefik.acme.staging",
        replace(switch(), also=ACME),
        Change(
            True,
            *STATIC,
            'acme.server: * => "https://acme-staging-v02.api.letsencrypt.org/directory"',
            f'{RESOLVER}.caServer: * => "https://acme-staging-v02.api.letsencrypt.org/directory"',
            also=ACME,
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.server",
        Values(
            ["https://ca.example.org/directory", "https://10.0.0.1:14000/dir"],
            [*refused(DIRECTORY, "ca", ""), Bad(1, TEXT)],
            also=ACME,
        ),
        Change(
            "https://ca/directory",
            *STATIC,
            'acme.server: * => "https://ca/directory"',
            f'{RESOLVER}.caServer: * => "https://ca/directory"',
            also=ACME,
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.server_ca",
        Values([PEM], [Bad("AAAA", PEM_TEXT), Bad(1, TEXT)], also=OTHER_SERVER),
        Change(
            PEM,
            *SERVICE,
            f"+ acme.server_ca: {json.dumps(PEM)}",
            '+ taskSpec.containerSpec.configs[*].fileName: "/etc/traefik/acme-server.pem"',
            also=OTHER_SERVER,
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.machine",
        Values(["manager-1"], [Bad("worker-1", "one of manager-1"), Bad(1, TEXT)], also=ACME),
        Change(
            "manager-2",
            "traefik",
            "traefik-issuer-service",
            'acme.machine: "manager-1" => "manager-2"',
            'taskSpec.placement.constraints[0]: "*machine==manager-1" => "*machine==manager-2"',
            also=ACME | {"machines.pools.manager.count": 3},
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.domains",
        Values(
            [[], [{"main": "example.org", "sans": ["a.example.org"]}]],
            [Bad({}, LIST), Bad([1], OBJECT, "[0]", 1)],
            also=ACME,
        ),
        Change(
            [{"main": "www.example.org"}],
            "traefik",
            "traefik-config-domain",
            '+ acme.domains[0].main: "www.example.org"',
            '+ dataRaw.http.routers.domain.tls.domains[2].main: "www.example.org"',
            also=ACME,
            not_previewed=SELF_SIGNED,
        ),
    ),
    Row(
        "traefik.acme.domains[0].main",
        Values(["a.example.org"], [*refused(DNS_NAME, "a", "*", "a.*.example.org", ""), Bad(1, TEXT)], also=NAMES),
        Change(
            "b.example.org",
            "traefik",
            "traefik-config-domain",
            'acme.domains[0].main: "www.example.org" => "b.example.org"',
            'dataRaw.http.routers.domain.tls.domains[2].main: "www.example.org" => "b.example.org"',
            also=NAMES,
            not_previewed=SELF_SIGNED,
        ),
        required=True,
    ),
    Row(
        "traefik.acme.domains[0].sans",
        Values([[], ["a.example.org"]], [Bad("a.example.org", LIST), Bad(["a"], DNS_NAME, "[0]", "a")], also=NAMES),
        Change(
            ["b.example.org"],
            "traefik",
            "traefik-config-domain",
            '+ acme.domains[0].sans[0]: "b.example.org"',
            '+ dataRaw.http.routers.domain.tls.domains[2].sans[0]: "b.example.org"',
            also=NAMES,
            not_previewed=SELF_SIGNED,
        ),
    ),
    replace(CHALLENGE_SECTION, values=replace(CHALLENGE_SECTION.values, also=ACME)),
    Row(
        "traefik.acme.dns_challenge.provider",
        Values(["exoscale", "arvancloud"], [*refused(PROVIDER, "Exoscale", "", "a b"), Bad(1, TEXT)], also=DNS),
        Change(
            "route53",
            *STATIC,
            'acme.dns_challenge.provider: "exoscale" => "route53"',
            f'{RESOLVER}.dnsChallenge.provider: "exoscale" => "route53"',
            also=DNS,
            secrets=LOGIN,
            not_previewed=WANTS_SECRETS,
        ),
        required=True,
    ),
    Row(
        "traefik.acme.dns_challenge.resolvers",
        Values(
            [[], ["192.0.2.53:53", "dns.example.org:5353"]],
            [Bad("192.0.2.53:53", LIST), Bad(["192.0.2.53"], RESOLVERS, "[0]", "192.0.2.53")],
            also=DNS,
        ),
        Change(
            ["192.0.2.53:53"],
            *STATIC,
            '+ acme.dns_challenge.resolvers[0]: "192.0.2.53:53"',
            f'+ {RESOLVER}.dnsChallenge.resolvers[0]: "192.0.2.53:53"',
            also=DNS,
            secrets=LOGIN,
            not_previewed=WANTS_SECRETS,
        ),
    ),
    Row(
        "traefik.acme.dns_challenge.check",
        replace(choice("authoritative", "resolvers", "none"), also=DNS),
        Change(
            "none",
            *STATIC,
            'acme.dns_challenge.check: "authoritative" => "none"',
            f"{RESOLVER}.dnsChallenge.propagation.disableChecks: false => true",
            also=DNS,
            secrets=LOGIN,
            not_previewed=WANTS_SECRETS,
        ),
    ),
    Row(
        "traefik.acme.dns_challenge.delay_s",
        replace(whole(0, 3600), also=DNS),
        Change(
            30,
            *STATIC,
            "acme.dns_challenge.delay_s: 0 => 30",
            f'{RESOLVER}.dnsChallenge.propagation.delayBeforeChecks: "0s" => "30s"',
            also=DNS,
            secrets=LOGIN,
            not_previewed=WANTS_SECRETS,
        ),
    ),
]
