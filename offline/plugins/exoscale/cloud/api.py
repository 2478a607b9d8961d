"""The cloud's API: credentials of callers, counts of calls, and errors."""

import os
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from standin.resource import StandinError
from standin.values import Values

UNSIGNED: Final = "Invalid request signature"


class ApiError(StandinError):
    """A refusal, as the API answers it: `exoscale.released` makes of it what the released plugin says."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(f"{status.phrase}: {text}")
        self.status = status
        self.text = text


class ZoneError(ApiError):
    """A zone that the API does not have."""

    def __init__(self, zone: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, f"zone {zone}")
        self.zone = zone


class PluginError(ApiError):
    """What the plugin refuses by itself, after it has asked the API."""

    def __init__(self, text: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, text)


def bad_request(text: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, text)


def conflict(text: str) -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, text)


def forbidden(text: str) -> ApiError:
    return ApiError(HTTPStatus.FORBIDDEN, text)


def not_found(kind: str, name: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, f"{kind} {name!r} not found")


@dataclass(frozen=True)
class Request:
    """One call of the API."""

    method: str = ""
    path: str = ""
    doing: str = ""  # what the plugin puts before the API's answer


class Account:
    """Credentials of a caller: the plugin refuses missing ones at once, the first call refuses wrong ones."""

    def __init__(self) -> None:
        self._key = ""
        self._calls = threading.local()

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

    def call(self, method: str, path: str, doing: str = "") -> None:
        """Counts one call, and refuses it when the credentials are wrong."""
        self._calls.last = Request(method, path, doing)
        counted = os.environ.get("EXOSCALE_STANDIN_CALLS")
        if counted:
            with open(counted, "a") as file:  # noqa: PTH123 - one line, written at once
                file.write(f"{method} {path}\n")
        if not self._key.startswith("EXO"):
            raise forbidden(UNSIGNED)

    @property
    def last(self) -> Request:
        """The newest call of this thread: what is refused is that one."""
        found: Request = getattr(self._calls, "last", Request())
        return found


ACCOUNT = Account()
