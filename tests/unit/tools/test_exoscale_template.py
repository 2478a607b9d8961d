"""tools/exoscale_template.py: the error of a template that Exoscale does not return."""

import pytest

from tools.exoscale_template import refusal, require_system

URL = "https://api-ch-abc-1.exoscale.com/v2/template?visibility=public"


# What Exoscale's CLI prints, and how the line begins that explains it.
ERRORS = [
    (f'1 error occurred:\n\t* Get "{URL}": invalid request: Invalid request signature\n', "Exoscale does not take"),
    ("error: list zones: ListZones: http response: Forbidden: Invalid request signature", "Exoscale does not take"),
    (
        "1 error occurred:\n\t* resource not found\n\n",
        'Exoscale has no public template named "Plan 9" in zone ch-abc-1, or no such zone: names are in the portal '
        "(Compute, Templates), or in the answer of `exo compute instance-template list`",
    ),
    (
        f'\t* Get "{URL}": giving up: dial tcp: lookup api-ch-abc-1.exoscale.com on x: no such host',
        "there is no api-ch-abc-1.exoscale.com: Exoscale has no zone ch-abc-1, or DNS does not work on this computer",
    ),
    (
        f'\t* Get "{URL}": proxyconnect tcp: dial tcp 192.0.2.9:3128: connect: connection refused\n\t* more\n',
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (proxyconnect tcp: dial tcp 192.0.2.9",
    ),
    (
        "code: 255\nstdout: many\nlines\n\t* API error: sleepy\nstderr: \n",
        "Exoscale did not look the template up: API error: sleepy",
    ),
    ("one\ntwo\n", "Exoscale did not look the template up: two"),
]


def test_template_of_another_system_is_refused_in_one_line() -> None:
    for name in ("Linux Debian 12 (Bookworm) 64-bit", "Linux Ubuntu 18.04 LTS 64-bit", "Windows Server 2022"):
        with pytest.raises(SystemExit, match=r"^nuvla-swarm: error: NAME is .*; allowed: .* Ubuntu 22\.04 or 24\.04,"):
            require_system(name)
    for name in ("Linux Ubuntu 24.04 LTS 64-bit", "Linux Ubuntu 22.04 LTS 64-bit"):
        require_system(name)


def test_template_error_is_explained_in_one_line() -> None:
    found = {text: refusal(text, "Plan 9", "ch-abc-1") for text, _ in ERRORS}
    assert [line for line in found.values() if "\n" in line] == []
    assert {text: found[text] for text, start in ERRORS if not found[text].startswith(start)} == {}
