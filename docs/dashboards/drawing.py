"""Drawing of a dashboard by matplotlib: its panels in their places, not as Grafana would paint them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from docs.dashboards.queries import Line, Reader
from docs.dashboards.tables import Table, table
from docs.dashboards.values import COLORS, color, text

COLUMNS = 24
CELL_IN = (0.55, 0.36)  # width and height of a cell of Grafana's grid, in inches
DPI = 80
SHADES = 256  # colors of a picture, which keep it small
HEAD, MARGIN, GAP_IN = 1, 0.3, 0.08  # rows of the title, and inches
MAX_LEGENDS, MAX_ROWS, MAX_LETTERS = 8, 12, 30
PALETTE = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300"]
NOTE = "Drawn by matplotlib from a stack's Prometheus, not by Grafana"


def draw(dashboard: Mapping[str, Any], reader: Reader, path: Path) -> None:
    """Draw a dashboard into a PNG file."""
    panels = dashboard["panels"]
    height = HEAD + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    size = (COLUMNS * CELL_IN[0] + 2 * MARGIN, height * CELL_IN[1] + 2 * MARGIN)
    figure = Figure(figsize=size, dpi=DPI, facecolor="#f4f5f5")
    FigureCanvasAgg(figure)
    when = datetime.fromtimestamp(reader.end, UTC)
    figure.text(MARGIN / size[0], 1 - MARGIN / size[1], dashboard["title"], size=15, weight="bold", va="center")
    note = f"{NOTE}; {when:%Y-%m-%d}"
    figure.text(1 - MARGIN / size[0], 1 - MARGIN / size[1], note, size=8, color="#6e7781", ha="right", va="center")
    for panel in panels:
        _panel(figure, size, panel, reader)
    painted = BytesIO()
    figure.savefig(painted, format="png", metadata={"Software": None})  # which would name a version
    image = (
        Image.open(painted).convert("RGB").quantize(SHADES, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    image.save(path, optimize=True)


def _panel(figure: Figure, size: tuple[float, float], panel: Mapping[str, Any], reader: Reader) -> None:
    at = panel["gridPos"]
    left = MARGIN + at["x"] * CELL_IN[0]
    top = size[1] - MARGIN - (HEAD + at["y"]) * CELL_IN[1]
    if panel["type"] == "row":
        figure.text(
            left / size[0], (top - CELL_IN[1] / 2) / size[1], panel["title"], size=11, weight="bold", va="center"
        )
        return
    width, height = at["w"] * CELL_IN[0] - GAP_IN, at["h"] * CELL_IN[1] - GAP_IN
    place = (left / size[0], (top - height) / size[1], width / size[0], height / size[1])
    card = figure.add_axes(place, facecolor="white")
    card.set(xticks=[], yticks=[])
    for edge in card.spines.values():
        edge.set_color("#d0d7de")
    card.text(
        0.08 / width, 1 - 0.16 / height, panel["title"], size=9, weight="bold", va="center", transform=card.transAxes
    )
    if panel["type"] == "stat":
        _stat(card, panel, reader.values(panel))
    elif panel["type"] == "table":
        _table(card, table(panel, reader.rows(panel)), height)
    else:
        inner = (left + 0.75, top - height + 0.75, width - 0.9, height - 1.1)
        axes = figure.add_axes((inner[0] / size[0], inner[1] / size[1], inner[2] / size[0], inner[3] / size[1]))
        _graph(axes, panel, list(reader.lines(panel)), reader)


def _stat(card: Axes, panel: Mapping[str, Any], values: Sequence[float]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    value = values[0] if values else None
    shown = "No data" if value is None else text(value, defaults["unit"])
    mapped = _mapped(value, defaults["mappings"])
    tint = color(value, defaults["thresholds"]["steps"])
    card.text(0.5, 0.4, mapped or shown, size=17, ha="center", va="center", color=tint, transform=card.transAxes)


def _mapped(value: float | None, mappings: Sequence[Mapping[str, Any]]) -> str:
    """Return the text that a panel shows for a value instead of its number, if it has one."""
    texts = {key: found["text"] for one in mappings if one["type"] == "value" for key, found in one["options"].items()}
    return "" if value is None else str(texts.get(f"{value:g}", ""))


def _table(card: Axes, shown: Table, height: float) -> None:
    lines = [shown.header, *shown.cells[:MAX_ROWS]]
    widths = [max(len(line[column]) for line in lines) + 2 for column in range(len(shown.header))] or [1]
    for number, line in enumerate(lines):
        at = 1 - (0.42 + 0.235 * number) / height
        if at < 0:
            break
        for column, cell in enumerate(line):
            x = 0.01 + 0.98 * sum(widths[:column]) / sum(widths)
            weight = "bold" if number == 0 else "normal"
            card.text(x, at, cell, size=7.5, weight=weight, va="center", transform=card.transAxes)


def _graph(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], reader: Reader) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    mirrored = {
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        if {"id": "custom.transform", "value": "negative-Y"} in override["properties"]
    }
    stacked, below = custom["stacking"]["mode"] == "normal", dict[float, float]()
    for number, line in enumerate(lines):
        tint = PALETTE[number % len(PALETTE)]
        times = [datetime.fromtimestamp(at, UTC) for at, _ in line.points]
        base = [below.get(at, 0.0) if stacked else 0.0 for at, _ in line.points]
        signs = -1 if line.query in mirrored else 1
        values = [low + signs * value for low, (_, value) in zip(base, line.points, strict=True)]
        if stacked:
            below |= {at: value for (at, _), value in zip(line.points, values, strict=True)}
        style = "steps-post" if custom["lineInterpolation"] == "stepAfter" else "default"
        axes.plot(times, values, color=tint, linewidth=1, drawstyle=style, label=line.name or panel["title"])  # type: ignore[arg-type]
        axes.fill_between(times, base, values, color=tint, alpha=custom["fillOpacity"] / 100, linewidth=0)  # type: ignore[arg-type]
    _scales(axes, defaults, reader)
    if lines:
        handles, every = axes.get_legend_handles_labels()
        names = [name if len(name) <= MAX_LETTERS else f"{name[: MAX_LETTERS - 1]}…" for name in every]
        more = f"{names[MAX_LEGENDS - 1]}, and {len(names) - MAX_LEGENDS} more" if len(names) > MAX_LEGENDS else ""
        names = [*names[: MAX_LEGENDS - 1], *([more] if more else names[MAX_LEGENDS - 1 : MAX_LEGENDS])]
        axes.legend(
            handles[:MAX_LEGENDS],
            names,
            loc="upper left",
            bbox_to_anchor=(-0.08, -0.11),
            ncols=4 if max(map(len, names)) < MAX_LETTERS - 6 else 3,
            fontsize=6,
            frameon=False,
            handlelength=1,
            columnspacing=1,
        )
    else:
        axes.text(0.5, 0.5, "No data", ha="center", va="center", color="#6e7781", transform=axes.transAxes)


def _scales(axes: Axes, defaults: Mapping[str, Any], reader: Reader) -> None:
    """Set the axes: the span of time, the unit, the limits of the panel, and its threshold."""
    axes.set_xlim(*(datetime.fromtimestamp(at, UTC) for at in (reader.start, reader.end)))  # type: ignore[arg-type]
    axes.set_ylim(bottom=defaults.get("min"), top=defaults.get("max"))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value, defaults["unit"])))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: f"{datetime.fromtimestamp(day * 86400, UTC):%H:%M}"))
    axes.tick_params(labelsize=6.5, length=0, colors="#57606a")
    axes.grid(color="#eaeef2", linewidth=0.6)
    for edge in axes.spines.values():
        edge.set_visible(False)
    for step in defaults["thresholds"]["steps"]:
        top = axes.get_ylim()[1]
        if (
            defaults["custom"].get("thresholdsStyle", {}).get("mode") == "dashed"
            and step["value"]
            and step["value"] <= top
        ):
            axes.axhline(step["value"], color=COLORS["red"], linewidth=0.8, linestyle="--")
