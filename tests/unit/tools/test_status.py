"""tools/status.py: lines on the certificates of Docker's API."""

from tools import status


def test_certificates_of_the_docker_api_are_sorted_by_their_end() -> None:
    found = {"certificates": {"nuvla": "2999-01-02T06:00:00Z", "manager-1": "2001-01-02T06:00:00+00:00"}}
    first, last = status.certificates(found)
    assert first == "on 2376, of manager-1: until 2001-01-02, it has ended"
    assert last.startswith("on 2376, of nuvla: until 2999-01-02, 3")
    assert last.endswith(" days")
    assert status.certificates({}) == [], "of an infrastructure of an earlier version"
