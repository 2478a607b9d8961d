"""What monitoring reads, as it lies in its containers, and the tools that check it."""

import subprocess
from pathlib import Path, PurePosixPath
from string import Template

from components import catalog
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


def rendered(file: str, **values: str) -> str:
    """A file with its values."""
    return Template((FILES / file).read_text(encoding="utf-8")).substitute(values)


def configuration(folder: Path) -> Path:
    """Write the whole configuration of Prometheus into a folder; return its main file."""
    everything = context(
        elasticsearch_url="http://es:9200",
        nfs_machine="manager-1",
        s3=True,
        rules=catalog.rules(catalog.FEATURES),
        scrapes=catalog.scrapes(catalog.FEATURES),
    )
    for file in configuration_files(everything, "prometheus"):
        path = folder / PurePosixPath(file.path).relative_to("/etc/prometheus")
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(file.content))
    return folder / "prometheus.yml"
