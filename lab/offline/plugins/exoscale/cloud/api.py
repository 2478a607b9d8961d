"""The API's door: who calls, what is counted, and how it refuses."""

import os
from http import HTTPStatus

from standin.resource import StandinError
from standin.values import Values


class ApiError(StandinError):
    """A refusal, with the status that the API answers."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(f"{status.value} {status.phrase}: {text}")
        self.status = status


def bad_request(text: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, text)


def conflict(text: str) -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, text)


def forbidden(text: str) -> ApiError:
    return ApiError(HTTPStatus.FORBIDDEN, text)


def not_found(kind: str, name: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, f"{kind} {name!r} not found")


class Account:
    """Who calls: missing credentials are refused at once, wrong ones by the first call."""

    def __init__(self) -> None:
        self._key = ""

    def configure(self, config: Values) -> None:
        """Takes the credentials of the provider, else of the environment."""
        key = config.get("key") or os.environ.get("EXOSCALE_API_KEY", "")
        secret = config.get("secret") or os.environ.get("EXOSCALE_API_SECRET", "")
        if not key or not secret:
            missing = " and ".join(name for name, given in (("key", key), ("secret", secret)) if not given)
            raise StandinError(
                f"exoscale: no API {missing} given: set exoscale:key and exoscale:secret, "
                "or export EXOSCALE_API_KEY and EXOSCALE_API_SECRET"
            )
        self._key = key if isinstance(key, str) else "EXO"

    def call(self, method: str, path: str) -> None:
        """Counts one call, and refuses it when the credentials are wrong."""
        counted = os.environ.get("EXOSCALE_STANDIN_CALLS")
        if counted:
            with open(counted, "a") as file:  # noqa: PTH123 - one line, written at once
                file.write(f"{method} {path}\n")
        if not self._key.startswith("EXO"):
            raise forbidden(f"invalid API key: {method} {path} is not signed by a known key")


ACCOUNT = Account()
