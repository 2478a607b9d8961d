"""The pages for developers: their links, paths and commands exist, and they stay short."""

import re
from pathlib import Path

import pytest
import yaml

from tests.e2e.harness import CHECKOUT
from tests.files.test_files_pages import broken

ROOT = [CHECKOUT / f"{name}.md" for name in ("CONTRIBUTING", "CHANGELOG", "VERSIONING", "SECURITY")]
DECISIONS = sorted((CHECKOUT / "docs/adr").glob("[0-9]*.md"))
PAGES = [*ROOT, *sorted((CHECKOUT / "docs/develop").glob("*.md")), CHECKOUT / "docs/adr/README.md", *DECISIONS]
GOALS = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
FOLDERS = {path.name for path in CHECKOUT.iterdir() if path.is_dir()} | {"lab"}


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def paths(page: Path) -> list[str]:
    """Return the paths of the checkout that a page names in backticks; placeholders end a path."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:in|txt|toml))(?=[`/<*])", text(page))
    return [path for path in named if path.split("/")[0] in FOLDERS or "/" not in path]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_for_developers_names_what_exists(page: Path) -> None:
    assert broken(page) == []
    missing = [path for path in paths(page) if not (CHECKOUT / path).exists() and not path.startswith("lab/")]
    assert missing == [], f"mend the paths in {page.relative_to(CHECKOUT)}"
    # `make fmt lint unit` names three goals.
    given = [words for run in re.findall(r"`make ([a-z ]+)", text(page)) for words in run.split()]
    assert set(given) - GOALS == set()


def test_paths_of_a_page_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`tools/setup.sh` `components/<x>/settings.py` `components/*/files` `a/b` `requirements.in` `x.y`\n"
    )
    assert paths(page) == ["tools/setup.sh", "components/", "components/", "requirements.in"]


def test_modules_that_contributing_runs_exist() -> None:
    modules = re.findall(r"python -m ([\w.]+)", text(CHECKOUT / "CONTRIBUTING.md"))
    assert modules
    for module in modules:
        assert (CHECKOUT / f"{module.replace('.', '/')}.py").is_file(), module


def test_contributing_maps_every_folder() -> None:
    table = text(CHECKOUT / "CONTRIBUTING.md").partition("## Folders")[2].partition("## ")[0]
    tracked = {path.name for path in CHECKOUT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in tracked - {"__pycache__"} if f"`{name}/`" not in table} == set()


def test_pages_for_developers_are_short() -> None:
    lines = {page.name: len(text(page).splitlines()) for page in PAGES}
    limits = {"CONTRIBUTING.md": 150} | {page.name: 40 for page in DECISIONS}
    assert {name: lines[name] for name, limit in limits.items() if lines[name] > limit} == {}


def test_every_decision_has_a_number_a_status_and_three_sections() -> None:
    index = text(CHECKOUT / "docs/adr/README.md")
    assert [int(page.name[:4]) for page in DECISIONS] == [*range(1, len(DECISIONS) + 1)]
    for number, page in enumerate(DECISIONS, 1):
        title, _, status, *_ = text(page).splitlines()
        assert title.startswith(f"# {number}. ")
        assert re.fullmatch(r"Status: (proposed|accepted|superseded by \d+)\. Date: \d{4}-\d\d-\d\d\.", status), (
            page.name
        )
        assert re.findall(r"^## (.*)", text(page), re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert f"- [{title[2:]}]({page.name})\n" in index, "add the page to docs/adr/README.md"


def test_changelog_has_a_section_for_what_is_not_released_and_each_version_a_date() -> None:
    headings = re.findall(r"^## (.*)", text(CHECKOUT / "CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert [one for one in headings[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", one)] == []


def test_hooks_run_tools_of_this_checkout_and_download_nothing() -> None:
    document = yaml.safe_load(text(CHECKOUT / ".pre-commit-config.yaml"))
    assert {repo["repo"] for repo in document["repos"]} == {"local"}
    for hook in document["repos"][0]["hooks"]:
        assert hook["language"] == "system", hook["id"]
        assert hook["entry"].split()[0] in {".venv/bin/ruff", "tools/dev/lint.sh"}, hook["id"]


def test_lint_knows_the_checks_of_the_hooks() -> None:
    script = text(CHECKOUT / "tools/dev/lint.sh")
    checks = set(re.findall(r"\[([\w-]+)\]=", script))
    order = re.findall(r"^ORDER=\((.*?)\)", script, re.MULTILINE)[0].split()
    hooks = yaml.safe_load(text(CHECKOUT / ".pre-commit-config.yaml"))["repos"][0]["hooks"]
    named = {check for hook in hooks for check in hook["entry"].split()[1:] if "lint.sh" in hook["entry"]}
    assert set(order) == checks >= named


def test_help_describes_every_goal() -> None:
    makefile = text(CHECKOUT / "Makefile")
    assert re.findall(r"^\.PHONY: ([a-z-]+)", makefile, re.MULTILINE) == re.findall(
        r"^([a-z-]+):.* ## .+", makefile, re.MULTILINE
    )
