"""Rows of the settings of the stack itself, which are in no section."""

from dataclasses import replace

from tests.settings.rows import Change, Row, Values, refused
from tests.settings.values import IS_ANOTHER_INFRASTRUCTURE, choice

DOMAIN = "a DNS name in lower case, without scheme, port and path"

ROWS = [
    Row(
        "kind",
        replace(choice("target", "host"), good=["target"], elsewhere=["host"]),
        IS_ANOTHER_INFRASTRUCTURE,
        required=True,
    ),
    Row(
        "domain",
        Values(
            ["example.org", "a.b-c.example.org", "1.example.org"],
            refused(DOMAIN, "localhost", "example.org.", "Example.org", "-a.example.org", "10.0.0.1", "a b.org"),
        ),
        Change(
            "example.org",
            "traefik-certificate",
            "traefik-certificate-cert",
            '*names[0]: *"example.org"',
            'subject.commonName: "nuvla-swarm" => "example.org"',
        ),
    ),
]
