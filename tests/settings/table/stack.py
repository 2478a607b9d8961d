"""Rows of the settings of the stack itself, which are in no section."""

from dataclasses import replace

from tests.settings.rows import Bad, Change, Row, Values, refused
from tests.settings.values import DAY, IS_ANOTHER_INFRASTRUCTURE, IS_OF_A_CHANGE, OBJECT, TEXT, choice

RULE = "the id of a rule"
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
    Row(
        "exceptions",
        Values(
            [{}, {"manager-majority": "2026-12-01"}, {"data-machine": "2028-02-29", "engine-minor": "2026-12-01"}],
            [
                Bad([], OBJECT),
                Bad({"Manager": "2026-12-01"}, RULE, ".Manager", "Manager"),
                Bad({"data-machine": 20261201}, TEXT, ".data-machine", 20261201),
                *(
                    Bad({"data-machine": day}, DAY, ".data-machine", day)
                    for day in ("tomorrow", "1.12.2026", "2026-12", "2026-02-29", "2026-12-01 10:00:00 +0000 UTC")
                ),
            ],
        ),
        IS_OF_A_CHANGE,
    ),
]
