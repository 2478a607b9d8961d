"""The S3 service of these tests, started once for each file."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.s3.served import Served, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running service over an empty folder."""
    with serve(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(scope="module")
def s3(served: Served) -> Iterator[Any]:
    """A client of it, with a bucket `data`."""
    client = served.client()
    client.create_bucket(Bucket="data")
    yield client
    client.close()
