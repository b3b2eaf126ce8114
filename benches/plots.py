"""Plots as SVG, for benches/report.py: bars, dots in rows, and lines. Standard library only.

Colours and fonts are in one style sheet, with a second set for readers whose system is dark.
"""

from html import escape
from math import ceil, floor, log10

WIDTH = 800
# The project first, then peers, in this order: people who see few colours can distinguish them too.
COLOURS = ["#c2410c", "#2563a8", "#5b9bd5", "#4d7c5a", "#9a7bb0", "#8a8f98"]
DARK = ["#fb8c4a", "#6aa9ee", "#3f78b5", "#7fb48c", "#b99bd0", "#9aa0aa"]


def style():
    fills = "".join(f".c{i}{{fill:{c};stroke:{c}}}" for i, c in enumerate(COLOURS))
    dark = "".join(f".c{i}{{fill:{c};stroke:{c}}}" for i, c in enumerate(DARK))
    return (
        "<style>text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#2b3036}"
        ".title{font-size:17px;font-weight:600}.head{font-size:14px;font-weight:600}.faint{fill:#6b7280;font-size:12px}"
        ".bold{font-weight:600}.card{fill:#fcfcfb;stroke:#e3e3df}.grid{stroke:#e3e3df;stroke-width:1}"
        ".row{stroke:#efefec;stroke-width:1}.axis{stroke:#b4b6b8;stroke-width:1}"
        ".guide{stroke:#a3a7ad;stroke-width:1.2;stroke-dasharray:4 4;fill:none}"
        f"{fills}.line{{fill:none;stroke-width:2}}.bar{{stroke:none}}"
        "@media (prefers-color-scheme:dark){text{fill:#e3e6ea}.faint{fill:#9aa0aa}.card{fill:#16191d;stroke:#2c3138}"
        f".grid{{stroke:#2c3138}}.row{{stroke:#22262c}}.axis{{stroke:#565c65}}.guide{{stroke:#6b7280}}{dark}}}"
        ".line{fill:none}</style>"
    )


def text(x, y, content, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def document(height, title, subtitle, parts):
    """A card with a title; `parts` are drawn over it."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
            style(),
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card"/>',
            text(24, 34, title, "title"),
            text(24, 56, subtitle, "faint"),
            *parts,
            "</svg>\n",
        ]
    )


def times(ratio):
    """A ratio in readable form."""
    if ratio >= 9.95:
        return f"{ratio:.0f}×"
    return f"{ratio:.1f}×" if ratio >= 0.95 else f"{ratio:.2f}×"


def bars(title, subtitle, rows):
    """Horizontal bars from zero; `rows` are (name, ratio, colour), the project first."""
    left, right, top, step = 232, WIDTH - 84, 84, 40
    longest = max(ratio for _, ratio, _ in rows)
    parts = []
    for at, (name, ratio, colour) in enumerate(rows):
        y = top + at * step
        width = max((right - left) * ratio / longest, 2)
        bold = "bold" if at == 0 else ""
        parts += [
            text(left - 14, y + 17, name, bold, "end"),
            f'<rect x="{left}" y="{y}" width="{width:.1f}" height="25" rx="3" class="bar c{colour}"/>',
            text(left + width + 10, y + 17, times(ratio), bold),
        ]
    return document(top + len(rows) * step + 16, title, subtitle, parts)


def ticks(low, high, most):
    """Round numbers for a logarithmic axis: all decades, with 2 and 5 if it spans less than `most`."""
    steps = (1, 2, 5) if high / low < most else (1,)
    values = [step * 10.0**exponent for exponent in range(floor(log10(low)), ceil(log10(high)) + 1) for step in steps]
    return [value for value in values if low * 0.999 <= value <= high * 1.001]


def legend(names, y):
    """Draws names in lines, each with its colour; returns the parts, and the place of the last line."""
    parts, x = [], 24
    for at, name in enumerate(names):
        wide = 34 + 7.3 * len(name)
        if x > 24 and x + wide > WIDTH - 12:
            x, y = 24, y + 24
        parts += [f'<circle cx="{x + 5:.1f}" cy="{y - 4}" r="5" class="c{at}"/>', text(x + 16, y, name)]
        x += wide
    return parts, y


def dots(title, subtitle, sections, names):
    """Rows of dots on a logarithmic scale; a section is (heading, [(row, {name: ratio})])."""
    order = {name: at for at, name in enumerate(names)}
    values = [ratio for _, rows in sections for _, ratios in rows for ratio in ratios.values()]
    low, high = min(0.8, *values) / 1.08, max(values) * 1.15
    left, right, step = 190, WIDTH - 36, 25

    def place(value):
        return left + (right - left) * log10(value / low) / log10(high / low)

    parts, y = legend(names, 86)
    grid, y = [], y + 26
    top = y
    for heading, rows in sections:
        if heading:
            parts.append(text(24, y + 8, heading, "head"))
            y += step
        for name, ratios in rows:
            parts += [text(left - 14, y + 9, name, "", "end")]
            grid.append(line(left, y + 5, right, y + 5, "row"))
            for engine, ratio in sorted(ratios.items(), key=lambda pair: -order[pair[0]]):
                parts.append(f'<circle cx="{place(ratio):.1f}" cy="{y + 5}" r="5.5" class="c{order[engine]}"/>')
            y += step
        y += 10
    for value in ticks(low, high, 2000):
        grid.append(line(place(value), top - 6, place(value), y - 4, "axis" if value == 1 else "grid"))
        parts.append(text(place(value), y + 14, f"{value:g}×", "faint", "middle"))
    return document(y + 34, title, subtitle, grid + parts)


def short(value):
    """A size as the label of an axis."""
    for unit, name in ((1 << 20, "M"), (1 << 10, "K")):
        if value >= unit and value % unit == 0:
            return f"{value // unit:g}{name}"
    return f"{value:g}"


def lines(title, subtitle, panels, names):
    """Small multiples, two in a row. A panel is (heading, x label, logarithmic x, {name: [(x, y)]})."""
    order = {name: at for at, name in enumerate(names)}
    parts, y = legend(names, 86)
    parts += [line(24, y + 22, 52, y + 22, "guide"), text(60, y + 26, "proportional to the work", "faint")]
    wide, high, top = 376, 250, y + 48
    for at, panel in enumerate(panels):
        parts += draw_panel(panel, order, 24 + at % 2 * (wide + 4), top + at // 2 * high, wide - 24, high - 36)
    return document(top + (len(panels) + 1) // 2 * high, title, subtitle, parts)


def draw_panel(panel, order, x, y, width, height):
    heading, label, logarithmic, series = panel
    points = [point for own in series.values() for point in own]
    xs, ys = sorted({point[0] for point in points}), [point[1] for point in points]
    low, high = min(ys) / 1.4, max(ys) * 1.4
    left, right, top, bottom = x + 48, x + width, y + 26, y + height - 16

    def across(value):
        share = log10(value / xs[0]) / log10(xs[-1] / xs[0]) if logarithmic else (value - xs[0]) / (xs[-1] - xs[0])
        return left + (right - left) * share

    def up(value):
        return bottom - (bottom - top) * log10(value / low) / log10(high / low)

    parts = [text(x, y + 12, heading, "head")]
    for value in ticks(low, high, 300):
        parts.append(line(left, up(value), right, up(value), "grid"))
        parts.append(text(left - 7, up(value) + 4, f"{value:g}", "faint", "end"))
    quarters = [value for value in xs if value % 25 == 0]
    for value in quarters if not logarithmic else xs if len(xs) <= 7 else [*xs[:-2:2], xs[-1]]:
        parts.append(text(across(value), bottom + 16, short(value), "faint", "middle"))
    parts += [line(left, bottom, right, bottom, "axis"), text(right, y + 12, label, "faint", "end")]
    for name, own in sorted(series.items(), key=lambda pair: -order[pair[0]]):
        path = " ".join(f"{across(px):.1f},{up(py):.1f}" for px, py in own)
        parts.append(f'<polyline points="{path}" class="c{order[name]} line"/>')
        parts += [f'<circle cx="{across(px):.1f}" cy="{up(py):.1f}" r="2.8" class="c{order[name]}"/>' for px, py in own]
    if logarithmic:
        # From the project's first point to the edge of the panel.
        first_x, first_y = next(own[0] for name, own in series.items() if order[name] == 0)
        last = min(xs[-1], first_x * high / first_y)
        parts.append(line(across(first_x), up(first_y), across(last), up(first_y * last / first_x), "guide"))
    return parts
