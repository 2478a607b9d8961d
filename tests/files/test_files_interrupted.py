"""tests/interrupted: every script is killed there before each of its commands, and none is forgotten."""

import os
from pathlib import Path

import pytest

from components.assets import ENGINE_FUNCTIONS
from tests.interrupted import programs
from tests.interrupted.every import EVERY
from tests.interrupted.inside.state import File, State, torn
from tests.interrupted.inside.steps import Run, Script, Step, run
from tests.support.rows import rows

# Each command adds a line to the file $LINES, in whatever it is that runs it.
TEXT = Path(__file__).with_name("commands.sh").read_text()
LIBRARIES = {f"{path}.sh" for path in ("machines/scripts/apt", "swarm/scripts/nodes", "swarm/scripts/tasks")}
LIBRARIES.add(ENGINE_FUNCTIONS)
LIBRARIES |= {f"storage/scripts/{name}.sh" for name in ("mounts", "nfs")}


def script(lines: Path) -> Script:
    return Script(parameters=f"export LINES_FILE={lines}\n", text=TEXT, arguments=["verb"])


def whole(lines: Path) -> Run:
    lines.write_text("")
    return run(script(lines), lambda step: True)


@rows("path", sorted(set(programs.scripts()) - LIBRARIES))
def test_every_script_and_verb_has_an_interruption_scenario(path: str) -> None:
    tried = {one.verb for one in EVERY if one.path == path}
    assert programs.verbs(path) == tried, "add a Scenario for each verb to tests/interrupted/<package>.py"


@rows("path", sorted(LIBRARIES))
def test_every_function_library_is_covered_by_a_scenario(path: str) -> None:
    text = (programs.COMPONENTS / path).read_text()
    sent = ("".join(str(one.sent()[part]) for part in ("parameters", "text")) for one in EVERY)
    covered = any(text.removeprefix(programs.SHEBANG) in one for one in sent)
    assert covered, "add a scenario of a script that uses it to tests/interrupted"
    assert text.splitlines()[1].startswith("# Functions of scripts")


def test_program_runs_every_script_and_verb() -> None:
    scripts = set(programs.scripts()) - LIBRARIES
    every = {(path, verb) for path in scripts for verb in programs.verbs(path)}
    assert programs.known() == every, "add a program that runs the script to tests/interrupted/programs.py"


def test_scenario_titles_are_unique() -> None:
    titles = [one.title for one in EVERY]
    assert len(set(titles)) == len(titles)


def test_stepping_does_not_change_what_a_script_does(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("")
    plain = run(script(lines))
    stepped = whole(tmp_path / "others")
    assert (
        (plain.code, plain.stdout, plain.stderr) == (stepped.code, stepped.stdout, stepped.stderr) == (3, "out\n", "")
    )
    assert sorted(lines.read_text().splitlines()) == sorted((tmp_path / "others").read_text().splitlines())


def test_script_stops_before_each_command(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    steps = whole(lines).steps
    done = lines.read_text().splitlines()
    seen = set()
    for wanted in steps:
        lines.write_text("")
        killed = run(script(lines), lambda step, wanted=wanted: step.place != wanted.place)  # type: ignore[misc]
        assert killed.code == -9
        assert killed.stopped is not None
        assert killed.stopped.place == wanted.place
        before = lines.read_text().splitlines()
        assert set(before) <= set(done)
        seen.add(len(before))
    assert seen == set(range(len(done) + 1))


def test_commands_are_found_in_every_shell_construct(tmp_path: Path) -> None:
    lines = TEXT.splitlines()
    found = [lines[step.lines[0] - 1] for step in whole(tmp_path / "lines").steps]
    places = [
        "substitution",
        "first of a pipe",
        "second of a pipe",
        "group",
        "condition",
        "loop",
        "process",
        "subshell",
    ]
    assert [place for place in (*places, "trap") if not any(f"add {place}" in line for line in found)] == []


def test_steps_are_identified_by_their_line_and_call_lines(tmp_path: Path) -> None:
    steps = whole(tmp_path / "lines").steps
    lines = TEXT.splitlines()
    [inner, *_] = [step for step in steps if len(step.lines) == 2 and "add loop" in lines[step.lines[1] - 1]]
    assert "printf" in lines[inner.lines[0] - 1]
    assert len({step.place for step in steps}) == len(steps)


def test_files_rewritten_in_place_count_as_possibly_torn() -> None:
    def file(inode: int, content: str = "a") -> File:
        return File(0o100644, (0, 0), content, inode, (0, 0))

    before = State({"/moved.new": file(1), "/rewritten": file(2), "/same": file(3), "/replaced": file(6)}, {})
    after = State(
        {"/moved": file(1), "/rewritten": file(2, "b"), "/same": file(3), "/made": file(4), "/x.new": file(5)}, {}
    )
    assert sorted(torn(before, after)) == ["/made", "/rewritten"]


def test_hanging_script_raises_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for patience_s in (0.2, 2, 20):  # a busy computer is not there so soon
        monkeypatch.setattr("tests.interrupted.inside.steps.PATIENCE_S", patience_s)
        with pytest.raises(TimeoutError) as told:
            run(Script("", "sleep 60\n"), lambda step: True)
        if "sleep" in str(told.value):
            return
    pytest.fail("the script did not get to its command")


def test_stepping_leaves_the_files_that_its_process_has_open(tmp_path: Path) -> None:
    open_files = [os.open(tmp_path, os.O_RDONLY) for _ in range(250)]
    try:
        assert whole(tmp_path / "lines").code == 3
        for number in open_files:
            os.fstat(number)
    finally:
        for number in open_files:
            os.close(number)


def test_step_texts_are_bounded() -> None:
    told = run(Script("", f"true {'x' * 1000}\n"), lambda step: True)
    assert isinstance(told.steps[0], Step)
    assert len(told.steps[0].command) <= 160
