"""The S3 client of tests."""

from collections.abc import Mapping
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are a package of some megabytes
from botocore.config import Config  # type: ignore[import-untyped]


def s3_client(key: Mapping[str, str], verify: Any = True, **config: Any) -> Any:
    """Return a client that tries each request once, past any proxy.

    `key` has `endpoint`, `access_key` and `secret_key`, as the output `s3` of a stack; `verify` is that of requests.
    """
    settings = {"proxies": {}, "retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}} | config
    return boto3.client(
        "s3",
        endpoint_url=key["endpoint"],
        aws_access_key_id=key["access_key"],
        aws_secret_access_key=key["secret_key"],
        region_name="us-east-1",
        verify=verify,
        config=Config(signature_version="s3v4", **settings),
    )
