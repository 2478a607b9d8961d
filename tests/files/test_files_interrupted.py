"""tests/interrupted: every script is killed there before each of its commands, and none is forgotten."""

from pathlib import Path

import pytest

from tests.interrupted import programs
from tests.interrupted.every import EVERY
from tests.interrupted.inside.state import File, State, torn
from tests.interrupted.inside.steps import Run, Script, Step, run
from tests.support.rows import rows

# Each command adds a line to the file $LINES, in whatever it is that runs it.
TEXT = Path(__file__).with_name("commands.sh").read_text()
LIBRARIES = {f"{path}.sh" for path in ("machines/scripts/apt", "swarm/scripts/nodes")}
LIBRARIES |= {f"storage/scripts/{name}.sh" for name in ("mounts", "nfs")}


def script(lines: Path) -> Script:
    return Script(parameters=f"export LINES_FILE={lines}\n", text=TEXT, arguments=["verb"])


def whole(lines: Path) -> Run:
    lines.write_text("")
    return run(script(lines), lambda step: True)


@rows("path", sorted(set(programs.scripts()) - LIBRARIES))
def test_every_script_with_each_of_its_arguments_has_a_scenario(path: str) -> None:
    assert programs.verbs(path) == {one.verb for one in EVERY if one.path == path}


@rows("path", sorted(LIBRARIES))
def test_every_function_library_is_part_of_scenarios_and_does_nothing_by_itself(path: str) -> None:
    text = (programs.COMPONENTS / path).read_text()
    assert any(text.removeprefix(programs.SHEBANG) in str(one.sent()["text"]) for one in EVERY)
    assert text.splitlines()[1].startswith("# Functions of scripts")


def test_the_program_runs_every_script_with_each_of_its_arguments() -> None:
    scripts = set(programs.scripts()) - LIBRARIES
    assert programs.known() == {(path, verb) for path in scripts for verb in programs.verbs(path)}


def test_scenarios_have_names_of_their_own() -> None:
    titles = [one.title for one in EVERY]
    assert len(set(titles)) == len(titles)


def test_a_script_runs_as_it_does_without_steps(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("")
    plain = run(script(lines))
    stepped = whole(tmp_path / "others")
    assert (
        (plain.code, plain.stdout, plain.stderr) == (stepped.code, stepped.stdout, stepped.stderr) == (3, "out\n", "")
    )
    assert sorted(lines.read_text().splitlines()) == sorted((tmp_path / "others").read_text().splitlines())


def test_it_is_stopped_before_each_command_and_nothing_of_it_goes_on(tmp_path: Path) -> None:
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


def test_commands_are_found_wherever_they_are(tmp_path: Path) -> None:
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


def test_a_step_is_known_by_its_line_and_those_of_the_calls_that_it_is_in(tmp_path: Path) -> None:
    steps = whole(tmp_path / "lines").steps
    lines = TEXT.splitlines()
    [inner, *_] = [step for step in steps if len(step.lines) == 2 and "add loop" in lines[step.lines[1] - 1]]
    assert "printf" in lines[inner.lines[0] - 1]
    assert len({step.place for step in steps}) == len(steps)


def test_of_files_that_were_written_in_place_a_part_may_be_there() -> None:
    def file(inode: int, content: str = "a") -> File:
        return File(0o100644, (0, 0), content, inode, (0, 0))

    before = State({"/moved.new": file(1), "/rewritten": file(2), "/same": file(3), "/replaced": file(6)}, {})
    after = State(
        {"/moved": file(1), "/rewritten": file(2, "b"), "/same": file(3), "/made": file(4), "/x.new": file(5)}, {}
    )
    assert sorted(torn(before, after)) == ["/made", "/rewritten"]


def test_a_script_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.interrupted.inside.steps.PATIENCE_S", 0.2)
    with pytest.raises(TimeoutError, match="sleep"):
        run(Script("", "sleep 60\n"), lambda step: True)


def test_step_texts_are_bounded() -> None:
    told = run(Script("", f"true {'x' * 1000}\n"), lambda step: True)
    assert isinstance(told.steps[0], Step)
    assert len(told.steps[0].command) <= 160
