"""Random calls of clients beside writers of files, against a model of what AWS answers."""

import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.s3.clients import Aws, Boto, Java, Rclone
from tests.s3.model import Client, Walk
from tests.s3.served import Served, serve

pytestmark = pytest.mark.engine

CLIENTS = Path(__file__).parent / "clients.sh"
SEED = os.environ.get("S3_SEED") or "20261129"


def walk(served: Served, s3: Any, clients: dict[Client, int], seed: str, steps: int) -> Walk:
    made = Walk(seed, served.bucket("data"), s3, clients)
    try:
        for i in range(steps):
            made.step()
            if i % 50 == 0:
                made.settled()
        made.settled()
    except Exception as error:
        shown = "\n".join(made.log)
        raise AssertionError(f"seed {seed}, after\n{shown}\n{served.log()[-2000:]}") from error
    return made


def test_boto3_walk_matches_the_model_of_aws(served: Served, s3: Any) -> None:
    made = walk(served, s3, {Boto(s3): 1}, SEED, 400)
    assert made.counts["boto3"] + made.counts["files"] > 350


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_four_client_walk_matches_the_model_of_aws(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """10,000 steps where walks have 40."""
    seed = os.environ.get("S3_SEED") or str(random.SystemRandom().randrange(10**6))
    made = subprocess.run([CLIENTS], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    with serve(tmp_path) as served:
        s3 = served.client()
        s3.create_bucket(Bucket="data")
        java = Java(served, Path(made) / "java")
        aws = Aws(tmp_path, served, f"{made}/aws/bin/python")
        clients: dict[Client, int] = {Boto(s3): 50, java: 35, Rclone(tmp_path, served): 12, aws: 3}
        done = walk(served, s3, clients, seed, 250 * request.config.getoption("steps"))
        java.close()
        s3.close()
    print(seed, done.counts)
