"""components/traefik/names.py: which names a certificate covers."""

from components.traefik.names import covered, is_wildcard
from tests.support.rows import rows


@rows(
    "name, names, expected",
    [
        ("example.org", ["example.org"], True),
        ("a.example.org", ["example.org"], False),
        ("a.example.org", ["*.example.org"], True),
        ("a.example.org", ["*.EXAMPLE.org"], True),
        ("a.b.example.org", ["*.example.org"], False),
        ("example.org", ["*.example.org"], False),
        ("example.org", [], False),
    ],
)
def test_wildcard_covers_one_label(name: str, names: list[str], expected: bool) -> None:
    assert covered(name, names) is expected


def test_only_a_leading_star_makes_a_wildcard() -> None:
    assert [is_wildcard(name) for name in ("*.example.org", "example.org")] == [True, False]
