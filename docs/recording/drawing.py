"""Picture of a recording: an SVG whose lines appear as they were printed. It needs no script and no font of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import pyte

from docs.recording.cast import VERSION, Cast

SVG = "http://www.w3.org/2000/svg"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
COLUMN_PX, LINE_PX, MARGIN_PX, BAR_PX = 7.8, 18, 16, 32
STYLE = """
svg { color-scheme: light dark }
.page { fill: #f6f8fa; stroke: #d0d7de }
text { fill: #1f2328; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.line { white-space: pre; animation: appear 1ms backwards }
.bold { font-weight: bold }
.title { fill: #59636e; font-size: 12px }
@keyframes appear { from { opacity: 0 } }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117; stroke: #3d444d }
  text { fill: #e6edf3 }
  .title { fill: #9198a1 }
}
@media (prefers-reduced-motion: reduce) { .line { animation: none } }
@media print { .line { animation: none } }
"""


@dataclass
class Row:
    """A line of the screen, as it is in the end."""

    text: str
    time_s: float  # when it was last changed
    is_bold: bool


def rows(cast: Cast) -> list[Row]:
    """Return the lines of a screen that is high enough for the whole recording."""
    screen = pyte.Screen(cast.columns, cast.lines)
    stream = pyte.Stream(screen)
    changed = dict.fromkeys(range(cast.lines), 0.0)
    for event in cast.without_idle().events:
        screen.dirty.clear()
        stream.feed(event.text)
        changed |= dict.fromkeys(screen.dirty, event.time_s)
    texts = [line.rstrip() for line in screen.display]
    last = max((number for number, text in enumerate(texts) if text), default=-1)
    return [Row(text, changed[number], screen.buffer[number][0].bold) for number, text in enumerate(texts[: last + 1])]


def draw(cast: Cast) -> str:
    """Return the SVG of a recording."""
    shown = rows(cast)
    width = round(cast.columns * COLUMN_PX + 2 * MARGIN_PX)
    height = BAR_PX + len(shown) * LINE_PX + 2 * MARGIN_PX
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": SVG,
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title",
            "data-format": f"asciicast {VERSION}",
        },
    )
    ElementTree.SubElement(svg, "title", {"id": "title"}).text = cast.title
    ElementTree.SubElement(svg, "style").text = STYLE
    page = {"class": "page", "x": "0.5", "y": "0.5", "width": str(width - 1), "height": str(height - 1), "rx": "8"}
    ElementTree.SubElement(svg, "rect", page)
    title = {"class": "title", "x": str(MARGIN_PX), "y": str(BAR_PX - 10)}
    ElementTree.SubElement(svg, "text", title).text = cast.title
    svg.extend(_lines(shown))
    ElementTree.indent(svg, "")
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _lines(shown: list[Row]) -> Iterator[ElementTree.Element]:
    for number, row in enumerate(shown):
        if not row.text:
            continue
        line = ElementTree.Element(
            "text",
            {
                "class": "line bold" if row.is_bold else "line",
                "x": str(MARGIN_PX),
                "y": str(BAR_PX + MARGIN_PX + number * LINE_PX + 12),
                "textLength": f"{len(row.text) * COLUMN_PX:.1f}",  # columns stay columns in every font
                "style": f"animation-delay: {row.time_s:g}s",
                SPACE: "preserve",
            },
        )
        line.text = row.text
        yield line
