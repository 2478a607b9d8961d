"""Command that writes the page which alerts link to, from docs/alerts.md: `python -m docs.runbooks`.

The page of the documentation is no file of the machines. Prometheus serves this one, and needs nothing else for it.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from components.assets import COMPONENTS

SOURCE = Path(__file__).parent / "alerts.md"
SKELETON = Path(__file__).parent / "runbooks.html"
PAGE = COMPONENTS / "monitoring" / "files" / "alerts.html"
HEADING = re.compile(r"(#+) (.+)")


def page() -> str:
    """Return the HTML of the page of today."""
    body = "\n".join(_blocks(SOURCE.read_text(encoding="utf-8")))
    return Template(SKELETON.read_text(encoding="utf-8")).substitute(body=body)


def _blocks(text: str) -> Iterator[str]:
    """Yield the HTML of each heading, paragraph, list, table and code of the page."""
    for block in re.split(r"\n{2,}(?=(?:[^`]|`(?!``)|```[^`]*```)*$)", text.strip()):
        first, *rest = block.splitlines()
        if heading := HEADING.fullmatch(first):
            level, title = len(heading[1]), heading[2]
            yield f'<h{level} id="{_anchor(title)}">{_inline(title)}</h{level}>'
            if rest:
                yield f"<p>{_inline(' '.join(rest))}</p>"
        elif first.startswith("```"):
            yield f"<pre><code>{escape(chr(10).join(rest[:-1]))}</code></pre>"
        elif first.startswith(("- ", "1. ", "|")):  # readable as they are
            yield f"<p>{'<br>'.join(_inline(line) for line in block.splitlines())}</p>"
        else:
            yield f"<p>{_inline(' '.join(block.splitlines()))}</p>"


def _anchor(title: str) -> str:
    """Return what stands behind `#` in a link to a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _inline(text: str) -> str:
    """Return a line in HTML; links to other pages, which are not there, lose their address."""
    line = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)
    parts = re.split(r"(`[^`]+`)", line)
    return "".join(f"<code>{escape(part[1:-1])}</code>" if part.startswith("`") else _words(part) for part in parts)


def _words(text: str) -> str:
    """Return plain words in HTML, with emphasis and with links to other sites."""
    linked = re.sub(r"\[([^\]]+)\]\((https?:[^)]*)\)", r'<a href="\2">\1</a>', escape(text, quote=False))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", linked)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
