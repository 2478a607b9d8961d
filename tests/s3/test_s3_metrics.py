"""What S3 tells Prometheus of its requests."""

import re
import socket
import time

import pytest
import requests

from tests.s3.served import PATIENCE_S, Served

pytestmark = pytest.mark.engine

TOLD_PORT, METRICS_PORT = 7072, 7073
SOURCE = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(
    [192, 0, 2, 7, 192, 0, 2, 1, 0x9C, 0x40, 0x1B, 0x9F]
)  # version 2


def told(served: Served) -> dict[str, float]:
    """The metrics, each series with its value."""
    answer = requests.get(f"http://{served.address}:{METRICS_PORT}/metrics", timeout=PATIENCE_S, proxies={})
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {series: float(number) for series, _, number in (line.rpartition(" ") for line in lines)}


def counted(served: Served, before: dict[str, float], number_of: int) -> dict[str, float]:
    """By how much each series has grown since, once so many requests are counted: that is after their answers."""
    for _ in range(600):
        grown = {series: number - before.get(series, 0) for series, number in told(served).items()}
        if grown.get("s3_request_duration_seconds_count", 0) >= number_of:
            return grown
        time.sleep(0.05)
    raise AssertionError(grown)


def asked(served: Served, method: str, path: str) -> int:
    """The status of the answer to a request that comes by the entry."""
    with socket.create_connection((served.address, TOLD_PORT), timeout=PATIENCE_S) as connection:
        connection.sendall(SOURCE + f"{method} {path} HTTP/1.1\r\nHost: s3\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def test_requests_are_counted_by_method_and_status(served: Served) -> None:
    before = told(served)
    assert [asked(served, method, "/health") for method in ("GET", "GET", "BREW")] == [200, 200, 501]
    assert asked(served, "GET", "/..") == 400
    grown = counted(served, before, 4)
    assert {
        series: number for series, number in grown.items() if series.startswith("s3_requests_total") and number
    } == {
        's3_requests_total{method="GET",code="200"}': 2,
        's3_requests_total{method="other",code="501"}': 1,
        's3_requests_total{method="GET",code="400"}': 1,
    }
    assert grown["s3_request_duration_seconds_count"] == 4
    assert grown['s3_request_duration_seconds_bucket{le="+Inf"}'] == 4
    assert grown["s3_request_bytes_total"] > 100
    assert grown["s3_response_bytes_total"] > 100


def test_duration_buckets_are_cumulative(served: Served) -> None:
    start = told(served)
    asked(served, "GET", "/health")
    counted(served, start, 1)  # the front counts a request after its answer, one bucket after the other
    found = {
        float(bound[1]): number
        for series, number in told(served).items()
        if (bound := re.search(r'_bucket\{le="(.+)"\}', series))
    }
    counts = [found[bound] for bound in sorted(found)]
    assert counts == sorted(counts)


def test_local_health_checks_are_not_counted(served: Served) -> None:
    start = told(served)
    asked(served, "GET", "/health")
    counted(served, start, 1)
    before = told(served)
    assert requests.get(f"http://{served.address}:7070/health", timeout=PATIENCE_S).status_code == 200
    assert told(served) == before


def test_metrics_port_serves_metrics_only(served: Served) -> None:
    assert requests.get(f"http://{served.address}:{METRICS_PORT}/", timeout=PATIENCE_S).status_code == 404
