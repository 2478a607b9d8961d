"""Rows of the settings of Traefik."""

import json
from dataclasses import replace
from typing import Any

from tests.settings.rows import Bad, Change, Row, Values, refused
from tests.settings.values import EMAIL, TEXT, choice, section, switch, whole

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
]
