"""components/service/scripts/converge.sh: when a service is taken for well."""

import re
import subprocess

import pytest

from components import assets

[JUDGE] = re.findall(r"^judge\(\) \{.*?^\}", assets.read("service/scripts/converge.sh"), re.MULTILINE | re.DOTALL)
RUNS = "T\tid\t1\trunning\trunning\t\tNEW"


def verdict(update: str, *tasks: str, wanted: int = 1) -> str:
    """What is said of the service `web`, described as NEW, whose update is in a state, with its tasks."""
    lines = [f"S\tweb\t{update}\tid\tNEW", f"R\tweb\t{wanted}", *tasks]
    told = subprocess.run(
        ["bash", "-c", f"tries=3\n{JUDGE}\njudge"], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    name, _healthy, _wanted, found = told.stdout.split()
    assert name == "web"
    return found


@pytest.mark.parametrize("update", ["", "completed"])
def test_a_service_with_all_of_its_tasks_is_well(update: str) -> None:
    assert verdict(update, RUNS) == "well"
    assert verdict(update, RUNS, wanted=2) == "waits"


def test_a_service_whose_update_could_still_be_taken_back_is_not() -> None:
    assert verdict("updating", RUNS) == "waits"


@pytest.mark.parametrize("update", ["paused", "rollback_started", "rollback_completed", "rollback_paused"])
def test_an_update_that_was_taken_back_is_told(update: str) -> None:
    assert verdict(update, RUNS) == update


def test_tasks_that_are_as_it_was_described_before_do_not_count() -> None:
    assert verdict("", RUNS.replace("NEW", "OLD")) == "waits"


def test_a_task_that_fails_again_and_again_is_hopeless() -> None:
    failed = "T\tid\t1\tshutdown\tfailed\tno such file\tNEW"
    assert verdict("updating", failed, failed) == "waits"
    assert verdict("updating", failed, failed, failed) == "hopeless"
    assert verdict("updating", failed, failed, failed, RUNS) == "waits"
