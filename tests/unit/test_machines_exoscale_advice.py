"""components/machines/exoscale_advice.py: what a person is told to do about an error of Exoscale."""

import pytest

from components.machines.advice import advice
from components.machines.exoscale_advice import ADVICE


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (
            "403 Forbidden: invalid API key: POST /instance is not signed by a known key",
            "Exoscale does not take the API",
        ),
        ("creating urn: Unauthorized: invalid request signature", "Exoscale does not take the API key"),
        ("403 Forbidden: instance a-1 is protected: remove destroyProtected first", "Exoscale keeps machines that are"),
        ("Operation delete-instance is forbidden - reason: manual instance protection is enabled", "Exoscale keeps"),
        ("404 Not Found: zone 'gva (known: ch-gva-2)' not found", "Exoscale has no such zone: set machines.zone"),
        ('"ch-abc-1" not found in ListZonesResponse: Not Found', "Exoscale has no such zone"),
        ("404 Not Found: template '5f4d2c1e in zone ch-gva-2' not found", "the zone has no template of that id: `make"),
        ("404 Not Found: instance type 'standard.big (known: standard.tiny)' not found", "Exoscale has no such type"),
        ('unable to retrieve instance type: "standard.big" not found in ListInstanceTypesResponse', "Exoscale has no"),
        ("400 Bad Request: volume 5b has 20 GiB and cannot shrink to 10", "block storage only grows"),
        (
            "409 Conflict: volume 5b is attached to a running instance: stop it",
            "block storage only grows, and not while",
        ),
        ("409 Conflict: volume 5b is attached to instance 7c: detach it first", "another machine still has the volume"),
        ("unable to scale down the disk size, use size > 50", "disks of machines only grow: give disk_gib"),
        ("409 Conflict: an SSH key named 'nuvla-swarm-dev' exists already", "Exoscale has something of that name"),
        ("409 Conflict: security group 5b is in use by instance other", "something outside of this stack uses"),
        ("Instance quota exceeded", "a limit of the account is reached"),
    ],
)
def test_an_error_has_its_advice(error: str, start: str) -> None:
    found = advice([error], ADVICE)
    assert found is not None
    assert found.startswith(start)


@pytest.mark.parametrize("error", ["503 Service Unavailable", "context deadline exceeded", ""])
def test_what_is_not_known_is_left_as_it_is(error: str) -> None:
    assert advice([error], ADVICE) is None
