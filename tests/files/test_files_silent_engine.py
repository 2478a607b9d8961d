"""Docker engines that do not answer: no script waits for one for ever, and each says so in one line."""

import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components import assets
from tests.files.shipped import shipped, title
from tests.interrupted.programs import COMPONENTS, verbs
from tests.support.crowd import crowd
from tests.support.rows import rows

SCRIPTS = [path for path in shipped(".sh") if path.parent.name == "scripts"]
FUNCTIONS = assets.read(assets.ENGINE_FUNCTIONS)
BOUND_S = 1  # in the place of the program's own
LATE_S = 30  # for a script that waits that long once, on a computer with too much to do

# Docker's client: its answer takes as long as $TAKES. One that waits for a silent engine is killed, and leaves nothing.
CLIENT = """#!/usr/bin/env bash
[ "$TAKES" != ever ] || exec sleep 120
sleep "$TAKES"
cat
echo "$*"
exit "${CODE:-0}"
"""

# What asks the engine first, and changes nothing on this computer.
LIBRARIES = ["swarm/scripts/nodes.sh", "swarm/scripts/tasks.sh"]
ASKING = [
    *("machines/exoscale/scripts/idle.sh", "service/scripts/converge.sh", "service/scripts/pull.sh"),
    *(f"swarm/scripts/{name}.sh" for name in ("active", "init", "join", "members", "network_in_use", "node")),
    *(f"swarm/scripts/{name}.sh" for name in ("recover", "roll", "tokens")),
]

# Each place in a script where an answer may be missing, and what the script would do about that.
PLACES = {
    "command": "docker info",
    "substitution": 'found=$(docker info 2>&1); echo "$found" >&2',
    "failure-forgiven": "docker info >/dev/null 2>&1 || true; echo goes on >&2",
    "condition": "if docker info; then :; fi; echo goes on >&2",
    "pipeline": "docker info 2>/dev/null | cat; echo goes on >&2",
    "lines": "while read -r line; do :; done < <(docker info); echo goes on >&2",
    "function": "look() { until docker info; do :; done; }; found=$(look) || echo goes on >&2",
    "subshells": "look() { until docker info; do :; done; }; (found=$(look | cat); look) | cat; echo goes on >&2",
    "jobs": "for _ in 1 2 3; do { until found=$(docker info); do :; done; } & done; wait; echo goes on >&2",
    "errors-unread": "exec 2>/dev/null; docker info",
    "asked-again": "".join(map(assets.read, LIBRARIES)) + "ask info >/dev/null || echo goes on >&2",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of Docker's client, and of what a script writes below /run."""
    (tmp_path / "docker").write_text(CLIENT)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "lock").mkdir()
    return tmp_path


def run_each(folder: Path, texts: Mapping[str, str]) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """Run scripts beside each other, as most of them wait, by what they are called; a verb is the last word of that."""
    with ThreadPoolExecutor(8) as pool:
        ended = pool.map(lambda name: run(folder, texts[name], name.partition(" ")[2]), texts)
        return dict(zip(texts, ended, strict=True))


def run(
    folder: Path, text: str, verb: str = "", *, takes: str = "ever", code: int = 0, bound_s: int = BOUND_S
) -> subprocess.CompletedProcess[str]:
    """Run a script as SSH does, with a short bound."""
    text = re.sub(r"^engine_answer_s=\d+", f"engine_answer_s={bound_s}", text, flags=re.MULTILINE)
    return subprocess.run(
        ["bash", "-s", "--", *([verb] if verb else [])],
        input=text.replace("=/run/", f"={folder}/"),
        env={"PATH": f"{folder}:{os.environ['PATH']}", "TAKES": takes, "CODE": str(code)},
        capture_output=True,
        text=True,
        timeout=LATE_S * crowd(),
        check=False,
    )


def says_why(done: "subprocess.CompletedProcess[str]", words: str = ".*") -> bool:
    """Return whether a script failed with the one line that says which engine does not answer, and what to do."""
    line = (
        rf"\S+: its engine does not answer `docker {words}` after {BOUND_S} s; see 'journalctl --unit docker' there, "
        "run 'systemctl restart docker' there, and then 'make up'\n"
    )
    return done.returncode == 1 and re.fullmatch(line, done.stderr) is not None


@rows("script", SCRIPTS, ids=title)
def test_script_that_asks_the_engine_gets_the_bound(script: Path) -> None:
    own = script.read_text(encoding="utf-8")
    code = re.sub(r"^\s*#.*$", "", own, flags=re.MULTILINE)
    path = str(script.relative_to(COMPONENTS))
    if path == assets.ENGINE_FUNCTIONS:
        return
    asks = re.search(r"(^|[^\w./'-])docker( |$)", code, re.MULTILINE) is not None
    assert not asks or assets.script_text(path, {}).startswith(FUNCTIONS)
    # Others than the function of that name would wait for ever.
    past = (
        r"\b(command|exec|env|xargs|nohup|timeout|sudo)\b[^|;&]*\bdocker [a-z]|/docker [a-z]|\bunset -f|^ *docker\(\)"
    )
    assert not re.search(past, code, re.MULTILINE)
    for asked in re.findall(r"^.*\bcurl\b(?:.*\\\n)*.*docker\.sock", code, re.MULTILINE):
        assert "--max-time " in asked


def test_every_script_ends_when_the_engine_is_silent(folder: Path) -> None:
    texts: dict[str, str] = {}
    for path in ASKING:
        libraries = [name for name in LIBRARIES if "swarm/" in path and path != "swarm/scripts/join.sh"]
        values = dict.fromkeys(re.findall(r'"\$\{([A-Z_]+):?\?\}"', assets.read(path)), "x")
        text = assets.script_text(path, values, libraries=libraries)
        for verb in verbs(path):
            texts[f"{path} {verb}".strip()] = text.replace("=/run/lock/", f"={folder}/lock/{len(texts)}-")
    assert {name: done.stderr for name, done in run_each(folder, texts).items() if not says_why(done)} == {}


def test_silent_engine_ends_the_script_wherever_it_is_asked(folder: Path) -> None:
    texts = {name: f"{FUNCTIONS}{place}\necho never >&2\n" for name, place in PLACES.items()}
    done = run_each(folder, texts)
    assert {name: one.stderr for name, one in done.items() if not says_why(one, "info")} == {}


def test_end_of_a_script_is_that_of_any_failure(folder: Path) -> None:
    done = run(folder, FUNCTIONS + "trap 'echo tidied' EXIT\nfound=$(docker node ls --quiet)\n")
    assert says_why(done, "node ls"), done.stderr
    assert done.stdout == "tidied\n"


@rows("code", [0, 1, 124, 137])
def test_answer_of_the_engine_passes_unchanged(folder: Path, code: int) -> None:
    text = FUNCTIONS + 'code=0\necho given | docker node ps "a b" || code=$?\necho "$code"\n'
    done = run(folder, text, takes="0", code=code, bound_s=LATE_S)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"given\nnode ps a b\n{code}\n", "")


@rows("words", ["pull image", "swarm init", "swarm leave --force", "volume rm v"])
def test_engine_that_works_may_take_longer(folder: Path, words: str) -> None:
    done = run(folder, f"{FUNCTIONS}docker {words} </dev/null\n", takes=f"{BOUND_S + 0.5}")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{words}\n", "")


def test_logs_of_other_machines_that_do_not_come_are_no_silence(folder: Path) -> None:
    text = re.sub(r"^engine_logs_s=\d+", "engine_logs_s=1", FUNCTIONS, flags=re.MULTILINE)
    done = run(folder, text + "docker service logs app || echo none\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "none\n", "")


def test_bounds_are_longer_than_what_swarm_itself_waits_for() -> None:
    """Its managers give up after 20 s, also when they ask each other; a client asks some of them after each other."""
    [answer_s] = re.findall(r"^engine_answer_s=(\d+)", FUNCTIONS, re.MULTILINE)
    assert int(answer_s) >= 6 * 20
