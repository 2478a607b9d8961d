"""tools/stack/backend_url.py: URLs of state backends."""

import pytest

from tests.support.rows import rows
from tools.stack.backend_url import has_credentials, same, shown, without_credentials

SOS = "s3://state?endpoint=https://sos-ch-gva-2.exo.io"


@rows(
    "one, other, is_same",
    [
        ("file:///a/.state?metadata=skip", "file:///a/.state", True),
        ("file:///a/.state/", "file:///a/.state", True),
        ("file:///a/.state", "file:///b/.state", False),
        (SOS, f"{SOS}&use_path_style=true&region=ch-gva-2", True),
        (SOS, "s3://state?endpoint=sos-ch-gva-2.exo.io/&s3ForcePathStyle=true", True),
        (SOS, "s3://state?endpoint=https://sos-de-fra-1.exo.io", False),
        (SOS, "s3://other?endpoint=https://sos-ch-gva-2.exo.io", False),
        ("postgres://me:secret@db/state", "postgres://db/state", True),
        ("https://api.pulumi.com", "https://API.pulumi.com/", True),
    ],
)
def test_urls_that_lead_to_the_same_state_are_the_same(one: str, other: str, is_same: bool) -> None:
    assert same(one, other) == same(other, one) == is_same


def test_people_see_no_credentials_and_no_options() -> None:
    url = "postgres://me:secret@db:5432/state?sslmode=off"
    assert has_credentials(url)
    assert without_credentials(url) == "postgres://db:5432/state?sslmode=off"
    assert shown(url) == "postgres://db:5432/state"
    assert shown(SOS) == "s3://state"
    assert not has_credentials(SOS)


def test_password_among_the_options_is_a_credential() -> None:
    url = "postgres://db/state?password=secret&sslmode=off"
    assert has_credentials(url)
    assert without_credentials(url) == "postgres://db/state?sslmode=off"


def test_what_is_no_url_is_told() -> None:
    with pytest.raises(SystemExit, match="PULUMI_BACKEND_URL is no URL: Invalid IPv6 URL"):
        shown("http://[::1")
