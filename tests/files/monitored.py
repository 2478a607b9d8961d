"""What monitoring reads, as it lies in its containers, and the tools that check it."""

import shutil
import subprocess
from pathlib import Path
from string import Template

from tests.files.shipped import COMPONENTS

FILES = COMPONENTS / "monitoring" / "files"
RULES = sorted(FILES.glob("rules/*.yml"))


def run(tool: str, *args: str | Path) -> str:
    """What a tool says, if it succeeds."""
    path = shutil.which(tool)
    assert path, f"{tool} is not on PATH: run `make check`, which installs it"
    ran = subprocess.run([path, *args], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def rendered(file: str, **values: str) -> str:
    """A file with its values."""
    return Template((FILES / file).read_text(encoding="utf-8")).substitute(values)


def configuration(folder: Path) -> Path:
    """The whole configuration of Prometheus in a folder; returns its main file."""
    for name in ("rules", "scrape.d"):
        (folder / name).mkdir()
    for rule in RULES:
        shutil.copy(rule, folder / "rules")
    (folder / "scrape.d" / "nfs.yml").write_text(rendered("scrape/nfs.yml", nfs_machine="manager-1"))
    for name in ("s3.yml", "elasticsearch.yml"):
        shutil.copy(FILES / "scrape" / name, folder / "scrape.d")
    file = folder / "prometheus.yml"
    values = {"scrape_interval": "15s", "evaluation_interval": "15s", "traefik_user": "prometheus"}
    file.write_text(rendered("prometheus.yml", **values))
    return file
