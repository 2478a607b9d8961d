"""What is installed is what was looked at: Python packages and the Pulumi CLI by their checksums."""

import ast
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT

LISTS = [CHECKOUT / f"{name}.txt" for name in ("requirements", "requirements-dev", "offline/requirements")]
TOOLS = CHECKOUT / "tools"
# Makes an environment with a copy of itself, and notes every installation beside its folder.
PYTHON = """#!/bin/sh
case "$1 $2" in
  '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m pip') echo "$*" >>"${0%/.venv/*}/calls" ;;
esac
"""
BESIDE = {"setuptools"}  # what Python 3.11 puts into each environment by itself
VERSION = re.findall(r"^PULUMI_VERSION=(\S+)", (TOOLS / "lib.sh").read_text(), re.MULTILINE)[0]
ARCHIVE = f"pulumi-v{VERSION}-linux-x64.tar.gz"


def pins(text: str) -> dict[str, str]:
    """Versions by the names of the packages."""
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_package_has_one_version_and_the_hashes_of_its_files(path: Path) -> None:
    entries = re.split(r"\n(?=[\w.-])", re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE))
    assert len(entries) > 5
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    wanted = pins(path.with_suffix(".in").read_text())
    assert wanted.items() <= pins(path.read_text()).items(), "run `make pins`"


def test_lists_agree_on_the_version_of_a_package_that_several_have() -> None:
    versions: dict[str, set[str]] = {}
    for path in LISTS:
        for name, version in pins(path.read_text()).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def imported(*places: str) -> set[str]:
    """Return the names of all modules that the Python files of these places import."""
    found: set[str] = set()
    for path in (path for place in places for path in sorted(CHECKOUT.glob(place))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return {name.partition(".")[0] for name in found}


def test_operators_need_the_first_list_alone() -> None:
    """Pulumi and `make up` install requirements.txt and nothing else."""
    modules = imported("__main__.py", "components/**/*.py", "stacks/**/*.py", "tools/*.py", "tools/repair/*.py")
    modules -= {"components", "stacks", "tools"} | set(sys.stdlib_module_names)
    packages = {"pyyaml" if name == "yaml" else name.replace("_", "-") for name in modules}
    unused = pins((CHECKOUT / "requirements.in").read_text()).keys() - packages
    assert unused == {"pip"}, "put what only developers need into requirements-dev.in"
    assert packages - pins((CHECKOUT / "requirements.txt").read_text()).keys() == set(), "add it to requirements.in"


def test_a_list_is_installed_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    """A stand-in for Python notes what pip is to install."""
    for name in ("tools", "offline"):
        (tmp_path / name).mkdir()
    for name in ("setup.sh", "lib.sh"):
        shutil.copy(TOOLS / name, tmp_path / "tools")
    for path in LISTS:
        shutil.copy(path, tmp_path / path.relative_to(CHECKOUT))
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    env = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}", "NUVLA_SWARM_CACHE": str(tmp_path / "cache")}

    def installed() -> list[str]:
        subprocess.run([tmp_path / "tools/setup.sh", "dev"], check=True, env=env, capture_output=True)
        calls = tmp_path / "calls"
        text = calls.read_text() if calls.exists() else ""
        calls.unlink(missing_ok=True)
        return [Path(path).name for path in re.findall(r"--requirement=(\S+)", text)]

    assert installed() == ["requirements.txt", "requirements-dev.txt", "requirements.txt"]
    assert installed() == []
    with (tmp_path / "requirements-dev.txt").open("a") as file:
        file.write("# another line\n")
    assert installed() == ["requirements-dev.txt"]


def test_installed_packages_are_in_the_lists() -> None:
    """Of this very environment: a package that another one needs is pinned too."""
    told = subprocess.run(["python", "-m", "pip", "freeze", "--all"], check=True, capture_output=True, text=True).stdout
    known = pins("".join(path.read_text() for path in LISTS))
    assert {name: version for name, version in pins(told).items() if known.get(name) != version}.keys() <= BESIDE


def test_packages_are_installed_by_their_hashes_alone() -> None:
    text = (TOOLS / "setup.sh").read_text()
    assert re.findall(r"pip install .*", text) == re.findall(r"pip install .*--require-hashes .*", text) != []
    assert "pulumi install --no-dependencies" in text


def test_no_downloaded_script_is_run_unchecked() -> None:
    for path in TOOLS.rglob("*.sh"):
        assert not re.search(
            r"curl[^\n]*\|\s*(sudo )?(ba)?sh\b|https://get\.pulumi\.com/? --output", path.read_text()
        ), path


def fetched(folder: Path, content: bytes, checksum: str) -> subprocess.CompletedProcess[str]:
    """The script that gets the CLI, where the net has that content and the list that checksum."""
    (folder / "tools").mkdir()
    for name in ("lib.sh", "pulumi.sh"):
        shutil.copy(TOOLS / name, folder / "tools")
    (folder / "tools/pulumi.sha256").write_text(f"{checksum}  {ARCHIVE}\n")
    (folder / "content").write_bytes(content)
    curl, uname = folder / "bin/curl", folder / "bin/uname"
    curl.parent.mkdir()
    curl.write_text(f'#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\ncp {folder}/content "$2"\n')
    uname.write_text("#!/bin/sh\necho Linux x86_64\n")
    for program in (curl, uname):
        program.chmod(0o755)
    env = os.environ | {"PATH": f"{curl.parent}:{os.environ['PATH']}", "NUVLA_SWARM_CACHE": str(folder / "cache")}
    return subprocess.run([folder / "tools/pulumi.sh"], check=False, env=env, capture_output=True, text=True)


def archive() -> bytes:
    """One as Pulumi's are."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        entry = tarfile.TarInfo("pulumi/pulumi")
        program = b"#!/bin/sh\n"
        entry.mode, entry.size = 0o755, len(program)
        tar.addfile(entry, io.BytesIO(program))
    return made.getvalue()


def test_cli_with_the_known_checksum_is_unpacked(tmp_path: Path) -> None:
    content = archive()
    done = fetched(tmp_path, content, hashlib.sha256(content).hexdigest())
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"pulumi-{VERSION}"]
    assert os.access(tmp_path / f"cache/pulumi-{VERSION}/bin/pulumi", os.X_OK)


def test_archive_with_another_checksum_leaves_nothing(tmp_path: Path) -> None:
    done = fetched(tmp_path, archive(), "0" * 64)
    assert done.returncode == 1
    assert f"but tools/pulumi.sha256 has {'0' * 64}: the archive is not used" in done.stderr.splitlines()[-1]
    assert list((tmp_path / "cache").iterdir()) == []
