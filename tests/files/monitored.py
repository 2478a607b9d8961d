"""What monitoring reads, as it lies in its containers, and the tools that check it."""

import subprocess
from pathlib import Path, PurePosixPath

from components import catalog
from components.monitoring.own_files import OwnFiles
from components.monitoring.prometheus import configuration_files
from tests.files.shipped import COMPONENTS
from tests.support.monitoring import context
from tests.support.required_tools import required_tool

FILES = COMPONENTS / "monitoring" / "files"
RULES = sorted((COMPONENTS / path for _, path in catalog.rules(catalog.FEATURES)), key=lambda path: path.name)


def run(tool: str, *args: str | Path) -> str:
    """What a tool says, if it succeeds."""
    ran = subprocess.run([required_tool(tool), *args], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def configuration(folder: Path, own: OwnFiles | None = None) -> Path:
    """Write the whole configuration of Prometheus into a folder, with own files; return its main file."""
    everything = context(
        elasticsearch_url="http://es:9200",
        nfs_machine="manager-1",
        s3=True,
        rules=catalog.rules(catalog.FEATURES),
        scrapes=catalog.scrapes(catalog.FEATURES),
        own=own or OwnFiles(),
    )
    for file in configuration_files(everything, "prometheus", "https://a/prometheus/user/alerts.html"):
        path = folder / PurePosixPath(file.path).relative_to("/etc/prometheus")
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(file.content))
    return folder / "prometheus.yml"
