"""Command that lists pinned versions with a newer release: images, engine, Pulumi, Python packages.

It exits with 1 if any version is behind, and otherwise with 2 if a source does not answer.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from components.engine.settings import CONTAINERD_VERSION, ENGINE_VERSIONS
from stacks.config.images import ImagesSettings

CHECKOUT = Path(__file__).parents[2]
HUB = "registry-1.docker.io"
PACKAGES = "https://download.docker.com/linux/debian/dists/bookworm/stable/binary-amd64/Packages"
PULUMI = "https://www.pulumi.com/latest-version"
MAX_PAGES = 50  # of tags, each with a hundred or more
TIMEOUT_S = 20


@dataclass(frozen=True)
class Pin:
    """A pinned version."""

    name: str
    version: str
    versions: Callable[[], Iterable[str]]  # returns all versions of the source

    def newest(self) -> str:
        """Return the highest version whose form is that of the pinned version."""
        form = re.compile(re.sub(r"\d+", r"(\\d+)", re.escape(self.version)))
        matches = [self.version, *(version for version in self.versions() if form.fullmatch(version))]
        return max(matches, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])


def get(url: str, token: str = "") -> requests.Response:
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=TIMEOUT_S)
    if answer.status_code != requests.codes.unauthorized:
        answer.raise_for_status()
    return answer


def tags(image: str) -> Iterator[str]:
    """Yield all tags of an image in its registry, which allows anonymous access."""
    first, _, rest = image.partition("/")
    registry, repository = (first, rest) if "." in first else (HUB, image if rest else f"library/{image}")
    url, token = f"https://{registry}/v2/{repository}/tags/list?n=1000", ""
    for _ in range(MAX_PAGES):
        answer = get(url, token)
        if answer.status_code == requests.codes.unauthorized:
            challenge = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers.get("WWW-Authenticate", "")))
            scope = f"service={challenge.get('service', '')}&scope=repository:{repository}:pull"
            token = get(f"{challenge['realm']}?{scope}").json()["token"]
            answer = get(url, token)
            answer.raise_for_status()
        yield from answer.json()["tags"]
        if "next" not in answer.links:
            return
        url = requests.compat.urljoin(url, answer.links["next"]["url"])


def packages(name: str) -> Iterator[str]:
    """Yield the versions of a package of docker.com: 28.5.1 for "5:28.5.1-1~debian.12~bookworm"."""
    for entry in get(PACKAGES).text.split("\n\n"):
        if re.search(rf"^Package: {re.escape(name)}$", entry, re.MULTILINE):
            yield from re.findall(r"^Version: (?:\d+:)?(\d+\.\d+\.\d+)[-~+]", entry, re.MULTILINE)


def python_packages(listed: str) -> Iterator[Pin]:
    """Yield the pins of the text of a requirements file, whose newest versions pip lists."""
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", listed, re.MULTILINE))
    command = [sys.executable, "-m", "pip", "list", "--outdated", "--format", "json"]
    outdated = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    newest = {package["name"].lower(): package["latest_version"] for package in outdated}
    for name, version in pinned.items():
        yield Pin(name, version, lambda name=name: [newest[name.lower()]] if name.lower() in newest else [])  # type: ignore[misc]


def pins() -> Iterator[Pin]:
    """Yield all pinned versions."""
    for field, reference in ImagesSettings():
        image, _, tag = str(reference).rpartition(":")
        yield Pin(f"images.{field}", tag, lambda image=image: tags(image))  # type: ignore[misc]
    yield Pin("engine.version", ENGINE_VERSIONS["docker.com"], lambda: packages("docker-ce"))
    yield Pin("engine.containerd_version", CONTAINERD_VERSION, lambda: packages("containerd.io"))
    [version] = re.findall(
        r"^PULUMI_VERSION=(\S+)", (CHECKOUT / "tools/lib.sh").read_text(encoding="utf-8"), re.MULTILINE
    )
    yield Pin("tools/pulumi.sha256", version, lambda: [get(PULUMI).text.strip()])
    listed = [(CHECKOUT / f"{name}.in").read_text(encoding="utf-8") for name in ("requirements", "requirements-dev")]
    yield from python_packages("".join(listed))


def main(all_pins: Iterable[Pin]) -> int:
    """Print a line for each version that is behind or unknown; return the exit code."""
    behind = unknown = 0
    for pin in all_pins:
        try:
            newest = pin.newest()
        except (requests.RequestException, KeyError, ValueError) as error:
            unknown += 1
            print(f"{pin.name:<32} {pin.version:<18} not known: {type(error).__name__}")
            continue
        if newest != pin.version:
            behind += 1
            print(f"{pin.name:<32} {pin.version:<18} {newest}")
    print(f"{behind} behind, {unknown} not known; docs/pins.md says how each is raised")
    return 1 if behind else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(pins()))
