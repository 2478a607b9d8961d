"""Error messages of the released plugin, whose types call the API with one of two clients over one of two bridges.

Sources: exoscale/egoscale v0.102.4 ``v2/api/error.go``, ``v2/api/middleware.go``, ``v2/client.go``; v3.1.27
``v3/errors.go``, ``v3/client.go``; terraform-provider-exoscale 0.66.0 ``pkg/utils/utils.go`` (``SwitchClientZone``);
pulumi-terraform-bridge 3.116.0 ``pkg/tfbridge/provider.go``, ``pkg/tfshim/sdk-v2/provider2.go``. What the API itself
says is the stand-in's own where no source has it.
"""

from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Final

from exoscale.cloud.api import ACCOUNT, UNSIGNED, ApiError, PluginError, ZoneError
from standin.resource import Call, StandinError
from standin.values import Values

DEFAULT_ZONE: Final = "ch-gva-2"  # of what is in no zone: exoscale/provider.go, defaultZone
_SWITCH: Final = "switch client zone v3: get zone api endpoint: "


class Client(Enum):
    """A client library by which a resource type calls the API."""

    SECOND = "egoscale v2"
    THIRD = "egoscale v3"
    FRAMEWORK = "egoscale v3, under the newer plugin framework, which says each error once"


def said(client: Client, problem: ApiError, zone: str) -> str:
    """What a client makes of a refusal of something in a zone."""
    if isinstance(problem, PluginError):
        return problem.text
    if client is Client.SECOND:
        return _second(problem, zone)
    text = _third(problem)
    return f"unable to change exoscale client zone: {text}" if _is_of_a_zone(client, text) else text


def _is_of_a_zone(client: Client, text: str) -> bool:
    return client is Client.FRAMEWORK and text.startswith(_SWITCH)


def _second(problem: ApiError, zone: str) -> str:
    """A host for each zone, and no text of the API where something is not found."""
    request, method = ACCOUNT.last, ACCOUNT.last.method.title()
    url = f"https://api-{zone or DEFAULT_ZONE}.exoscale.com/v2{request.path}"
    if isinstance(problem, ZoneError):
        gone = f"dial tcp: lookup api-{problem.zone}.exoscale.com on 192.0.2.53:53: no such host"
        return f'{method} "{url}": {request.method} {url} giving up after 5 attempt(s): {method} "{url}": {gone}'
    if problem.status is HTTPStatus.NOT_FOUND:
        return f'{method} "{url}": resource not found'
    return f'{method} "{url}": invalid request: {problem.text}'


def _third(problem: ApiError) -> str:
    """It lists the zones before anything else."""
    if isinstance(problem, ZoneError):
        return f'{_SWITCH}find zone: "{problem.zone}" not found in ListZonesResponse: Not Found'
    if problem.text == UNSIGNED:
        return f"{_SWITCH}list zones: ListZones: http response: {problem}"
    return f"{ACCOUNT.last.doing}: http response: {problem}" if ACCOUNT.last.doing else str(problem)


def listed(text: str) -> str:
    """As the older framework's bridge has it: a list of one."""
    return f"1 error occurred:\n\t* {text}\n\n"


def log(call: Call, text: str) -> None:
    """The older framework's bridge says each error twice: first by its log."""
    call.log("ERROR", f"  sdk-v2/provider2.go:572: sdk.helper_schema: {text}: provider=exoscale@0.66.1", False)


def answering(token: str, client: Client, function: Callable[[Values], Values]) -> Callable[[Values], Values]:
    """A function of the plugin, with its errors."""

    def answer(asked: Values) -> Values:
        try:
            return function(asked)
        except ApiError as problem:
            text = said(client, problem, str(asked.get("zone", "")))
            whole = text if client is Client.FRAMEWORK else f"invoking {token}: {listed(text)}"
            raise StandinError(whole) from None

    return answer
