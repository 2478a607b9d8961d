"""Walks of the pages: their commands, in a new shell of a new clone, on stand-ins for what cannot be had."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from components.machines.owner import ID_LABEL
from tests.e2e.harness import STACK_LABEL, docker, kill, labelled, processes_with, remove_labelled, run
from tests.pages import compare
from tests.pages.reader import Ran, clone, new_environment, read_page
from tests.pages.walks import WALKS
from tests.support.checkout import CHECKOUT
from tests.support.stand_ins import is_offline

STAND_INS = CHECKOUT / "tests/pages/stand_ins"
KEEPER_LABEL = "io.nuvla.swarm.walk"  # of a container that keeps the engine running: the name of the stack


def pages_of(place: str) -> list[str]:
    """Return the pages that are walked at a place."""
    return [page for page, walk in WALKS.items() if walk.place == place]


def new_clone(folder: Path, *, own_packages: bool = False) -> Path:
    """Clone what is committed; its Python packages are those of this checkout, unless it gets its own."""
    clone(folder)
    if not own_packages:
        (folder / ".venv").symlink_to((CHECKOUT / ".venv").resolve())
    return folder


def fresh_clone(folder: Path) -> None:
    """Replace a clone by a new one that has only the state, the settings and the files of stacks of the former one."""
    new = folder.with_name(f"{folder.name}.new")
    new_clone(new)
    kept = [folder / ".state", *folder.glob("Pulumi.*.yaml"), folder / "monitoring"]
    for path in kept:
        if path.exists() and not (new / path.name).exists():
            path.rename(new / path.name)
    shutil.rmtree(folder)
    new.rename(folder)


def shell_environment(**given: str) -> dict[str, str]:
    """Return the environment of a new shell in which stand-ins come before the real commands."""
    offline = {"NUVLA_SWARM_OFFLINE": "true" if is_offline() else "false"}  # stand-ins for remote machines too
    environment = new_environment(offline | given)
    return environment | {"PATH": f"{STAND_INS}:{environment['PATH']}"}


def new_home(folder: Path) -> dict[str, str]:
    """Create a home for a reader whose page has files there; return its variables. Downloads stay where they are."""
    cache = os.environ.get("NUVLA_SWARM_CACHE") or str(Path.home() / ".cache/nuvla-swarm")
    folder.mkdir()
    return {"HOME": str(folder), "NUVLA_SWARM_CACHE": cache}


def walk(page: str, folder: Path, environment: Mapping[str, str], edits: Sequence[str] = ()) -> list[Ran]:
    """Walk a page in a clone.

    Errors: `AssertionError` with the output, at the first command that fails, or does not fail where the page says so;
    in the end, with the lines that the page shows and no command printed.
    """
    ran: list[Ran] = []
    wrong = []
    for one in read_page(folder / page, folder, environment, WALKS[page], edits):
        ran.append(one)
        is_last = one.command == one.block.commands()[-1]
        should_fail = "fails" in one.block.remarks and is_last
        where = f"{page}:{one.command.line}: {one.command.text}"
        assert (one.code != 0) is should_fail, f"{where} ended with {one.code}\n{one.text}"
        if "output not compared" not in one.block.remarks:
            lines = compare.missing(one.command.output, one.text)
            wrong += [f"{where} did not print {line!r}, but\n{one.text}" for line in lines]
    assert not wrong, "\n".join(wrong)
    return ran


def computer_settings(*, remote: bool) -> dict[str, Any]:
    """Return the settings that stand-ins need: those of this computer, and of its images; `remote`: not of machines."""
    found: dict[str, Any] = {}
    for line in run("local/settings.sh", cwd=CHECKOUT).text.splitlines():
        path, _, value = line.partition("=")
        if not (remote and path.startswith("machines.")):
            read = {"true": True, "false": False}.get(value, value)
            found[path.removesuffix("[0]")] = [read] if path.endswith("[0]") else read
    return found


@contextmanager
def cleaned(*stacks: str) -> Iterator[None]:
    """Remove what local stacks of these names have on the engine, in the end; keep the engine running meanwhile.

    Walks of the same names wait for each other; what one left that was killed is removed first.

    Errors: `AssertionError` if somebody has such a stack already.
    """
    with ExitStack() as locks:
        for stack in sorted(stacks):
            lock = locks.enter_context(Path(gettempdir(), f"nuvla-swarm-walk-{stack}.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _cleaned(stacks)


def _cleaned(stacks: Sequence[str]) -> Iterator[None]:
    labels = [f"{STACK_LABEL}=nuvla-swarm/{stack}" for stack in stacks]
    keeping = [f"{KEEPER_LABEL}={stack}" for stack in stacks]
    image = run("local/build.sh", "tags", cwd=CHECKOUT).text.split()[0]
    former = {identity for label in keeping for identity in labelled("container", label)}
    # `make down` stops an engine without containers.
    keeper = docker("create", *(f"--label={label}" for label in keeping), image, "true")
    try:
        for identity in former:
            docker("rm", "--force", identity)
        for label in labels:
            _remove_left(label)
            assert not labelled("container", label), (
                f"somebody's machines have {label}: `make down` in their checkout, or `docker rm` removes them"
            )
        try:
            yield
        finally:
            for label in labels:
                remove_labelled(label)
    finally:
        docker("rm", keeper)


def _remove_left(label: str) -> None:
    """Remove what killed walks left with a label: its id is in a state below the folders of tests, and nowhere else."""
    shown = '--format={{.Label "' + ID_LABEL + '"}}'
    kinds = {"container": ["--all"], "network": [], "volume": []}
    found = "\n".join(docker(kind, "ls", *more, f"--filter=label={label}", shown) for kind, more in kinds.items())
    for identity in set(found.split()):
        for file in Path(gettempdir()).glob("pytest-of-*/pytest-*/**/.pulumi/**/*.json"):
            if f'"{identity}"' in file.read_text(encoding="utf-8"):
                state = next(folder.parent for folder in file.parents if folder.name == ".pulumi")
                kill(processes_with(str(state)))  # `make` may not have heard of the end of its test
                remove_labelled(f"{ID_LABEL}={identity}")
                break


def end_processes(folder: Path) -> None:
    """End the processes of a clone that a failed command left, such as plugins."""
    kill(process for process in processes_with(f"{folder}/.state") if process != os.getpid())
