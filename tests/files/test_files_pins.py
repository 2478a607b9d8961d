"""What is installed is what was looked at: Python packages and the Pulumi CLI by their checksums."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.e2e.harness import CHECKOUT
from tests.support.rows import rows

LISTS = [CHECKOUT / "requirements.txt", CHECKOUT / "offline/requirements.txt"]
TOOLS = CHECKOUT / "tools"
BESIDE = {"setuptools"}  # what Python 3.11 puts into each environment by itself
VERSION = re.findall(r"^PULUMI_VERSION=(\S+)", (TOOLS / "lib.sh").read_text(), re.MULTILINE)[0]
ARCHIVE = f"pulumi-v{VERSION}-linux-x64.tar.gz"


def pins(text: str) -> dict[str, str]:
    """Versions by the names of the packages."""
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


@rows("path", LISTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_package_is_pinned_with_hashes(path: Path) -> None:
    entries = re.split(r"\n(?=[\w.-])", re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE))
    assert len(entries) > 5
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    wanted = pins(path.with_suffix(".in").read_text())
    assert wanted.items() <= pins(path.read_text()).items(), "run `make pins`"


def test_lists_agree_on_shared_packages() -> None:
    one, other = (pins(path.read_text()) for path in LISTS)
    assert {name: version for name, version in other.items() if name in one and one[name] != version} == {}


def test_installed_packages_are_pinned() -> None:
    """Of this very environment: a package that another one needs is pinned too."""
    told = subprocess.run(["python", "-m", "pip", "freeze", "--all"], check=True, capture_output=True, text=True).stdout
    known = pins("".join(path.read_text() for path in LISTS))
    others = {name: version for name, version in pins(told).items() if known.get(name) != version}
    assert others.keys() <= BESIDE, "run `make pins` if a requirement is new, `tools/setup.sh tools` if not"


def test_packages_are_installed_by_hash_only() -> None:
    text = (TOOLS / "setup.sh").read_text()
    assert re.findall(r"pip install .*", text) == re.findall(r"pip install .*--require-hashes .*", text) != []
    assert "pulumi install --no-dependencies" in text


def test_no_script_is_piped_from_the_network() -> None:
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


def test_pulumi_archive_with_the_right_checksum_is_unpacked(tmp_path: Path) -> None:
    content = archive()
    done = fetched(tmp_path, content, hashlib.sha256(content).hexdigest())
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"pulumi-{VERSION}"]
    assert os.access(tmp_path / f"cache/pulumi-{VERSION}/bin/pulumi", os.X_OK)


def test_pulumi_archive_with_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    done = fetched(tmp_path, archive(), "0" * 64)
    assert done.returncode == 1
    assert f"and tools/pulumi.sha256 says {'0' * 64}: nothing of it is used" in done.stderr.splitlines()[-1]
    assert list((tmp_path / "cache").iterdir()) == []
