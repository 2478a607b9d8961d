"""Command that draws each dashboard from the live Prometheus of a stack: `python -m docs.dashboards STACK [FOLDER]`.

The pictures are docs/pictures/dashboard-<name>.png, or in another folder. They show the last hour, or less if
Prometheus has less.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from components import catalog
from docs.dashboards.drawing import draw
from docs.dashboards.queries import Reader
from tools.access.web import Web
from tools.console import fail
from tools.repair.state import State
from tools.stack.target import open_target, require

PICTURES = Path(__file__).parents[1] / "pictures"
SPAN_S = 3600
FIRST = f"min(min_over_time(timestamp(up{{job='prometheus'}})[{SPAN_S}s:15s]))"  # time of the first metrics


def api(get: Callable[..., Any], url: str, login: Mapping[str, str]) -> Callable[[str, Mapping[str, str]], Any]:
    """Return the function that asks the Prometheus at a URL.

    Errors: exits with a line if Prometheus refuses a query.
    """

    def ask(path: str, parameters: Mapping[str, str]) -> Any:
        answer = get(f"{url}api/v1/{path}?{urlencode(parameters)}", (login["username"], login["password"])).json()
        if answer["status"] != "success":
            fail(f"Prometheus refuses {parameters['query']}: {answer.get('error')}")
        return answer["data"]["result"]

    return ask


def span(ask: Callable[[str, Mapping[str, str]], Any], now: float) -> tuple[float, float]:
    """Return start and end of the pictures: the last hour, or since the first metrics of that hour."""
    found = ask("query", {"query": FIRST, "time": f"{now:.0f}"})
    return (float(found[0]["value"][1]) if found else now - SPAN_S), now


def draw_all(ask: Callable[[str, Mapping[str, str]], Any], folder: Path) -> None:
    """Draw all dashboards into a folder."""
    start, end = span(ask, time.time())
    folder.mkdir(parents=True, exist_ok=True)
    for name, written in catalog.dashboard_texts().items():
        draw(json.loads(written), Reader(ask=ask, start=start, end=end), folder / f"dashboard-{name}.png")


def main(stack: str, folder: str = str(PICTURES)) -> None:
    """Draw the dashboards of a stack that is up."""
    target = open_target(stack)
    require(target)
    urllib3.disable_warnings()
    outputs = State.read(target.stack).outputs()
    if "prometheus" not in outputs.get("urls", {}):
        fail(f"{stack} is not up, or has no monitoring: run `make up STACK={stack}`")
    url = outputs["urls"]["prometheus"]
    web = Web(urlsplit(url).hostname or "", urlsplit(outputs["docker"]["endpoint"]).hostname or "")
    draw_all(api(web.get, url, outputs["logins"]["prometheus"]), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:3])
