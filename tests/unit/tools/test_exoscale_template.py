"""tools/exoscale_template.py: what is said when Exoscale does not tell a template."""

import pytest

from tools.exoscale_template import refusal

URL = "https://api-ch-abc-1.exoscale.com/v2/template?visibility=public"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'1 error occurred:\n\t* Get "{URL}": invalid request: Invalid request signature\n', "Exoscale does not take"),
        ("error: list zones: ListZones: http response: Forbidden: Invalid request signature", "Exoscale does not take"),
        (
            "1 error occurred:\n\t* resource not found\n\n",
            'Exoscale has no public template named "Plan 9" in zone ch-abc',
        ),
        (
            f'\t* Get "{URL}": giving up: dial tcp: lookup api-ch-abc-1.exoscale.com on x: no such host',
            "there is no api-ch-abc-1.exoscale.com: Exoscale has no zone ch-abc-1, or this computer finds no names",
        ),
        (
            "code: 255\nstdout: many\nlines\n\t* API error: sleepy\nstderr: \n",
            "Exoscale cannot be asked: API error: sleepy",
        ),
        ("one\ntwo\n", "Exoscale cannot be asked: two"),
    ],
)
def test_it_is_one_line(text: str, line: str) -> None:
    found = refusal(text, "Plan 9", "ch-abc-1")
    assert found.startswith(line)
    assert "\n" not in found
