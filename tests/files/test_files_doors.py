"""The pages for developers: what they say is there, and they stay short."""

import re
from pathlib import Path

import yaml

from tests.support.checkout import CHECKOUT, tracked

ROOT = [CHECKOUT / f"{name}.md" for name in ("CONTRIBUTING", "CHANGELOG", "VERSIONING", "SECURITY")]
DECISIONS = sorted((CHECKOUT / "docs/adr").glob("[0-9]*.md"))
PAGES = [*ROOT, *sorted((CHECKOUT / "docs/develop").glob("*.md")), CHECKOUT / "docs/adr/README.md", *DECISIONS]
OWN_FOLDERS = ("bench", "components", "docs", "stacks", "tests", "tools")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_modules_that_pages_scripts_and_goals_run_exist() -> None:
    listed = tracked("*.md", "*.sh", "*.yml", "Makefile", ".ci")
    modules = {name for path in listed for name in re.findall(r"python -m ([\w.]+)", text(CHECKOUT / path))}
    own = {name for name in modules if name.split(".")[0] in OWN_FOLDERS}
    assert {"docs.layers", "tools.default_images", "tools.stack"} <= own
    for module in own:
        path = CHECKOUT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_no_script_has_python_that_imports_the_program() -> None:
    """A class that has another name would break it where no linter and no test looks."""
    for path in tracked("*.sh", "Makefile", ".ci"):
        assert not re.search(rf"(from|import) ({'|'.join(OWN_FOLDERS)})\b", text(CHECKOUT / path)), path


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
