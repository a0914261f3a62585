"""Charts as inline SVG; every chart stands beside its table, which screen readers get instead."""

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, ROW, LABEL = 640, 26, 190


def bars(rows: Sequence[tuple[str, float]], *, title: str, unit: str = "") -> Markup:
    """Draw horizontal bars.

    Args: rows: (name, value) pairs, values ≥ 0.
    """
    most = max((value for _, value in rows), default=0) or 1
    span = WIDTH - LABEL - 90
    parts = []
    for place, (name, value) in enumerate(rows):
        top, length = place * ROW, span * value / most
        parts.append(
            f'<text x="{LABEL - 8}" y="{top + 17}" text-anchor="end">{escape(_short(name))}</text>'
            f'<rect class="bar" x="{LABEL}" y="{top + 4}" width="{max(length, 1):.1f}" height="{ROW - 8}" rx="2"/>'
            f'<text x="{LABEL + length + 6:.1f}" y="{top + 17}">{value:,g}{escape(unit)}</text>'
        )
    return _svg("".join(parts), WIDTH, max(len(rows), 1) * ROW, title)


def line(points: Sequence[tuple[str, float]], *, title: str, height: int = 180) -> Markup:
    """Draw a line over evenly spaced moments.

    Args: points: (name of the moment, value) pairs, values ≥ 0, in order.
    """
    if not points:
        return Markup("")
    most = max((value for _, value in points), default=0) or 1
    left, bottom, span = 48, height - 24, WIDTH - 60
    step = span / max(len(points) - 1, 1)
    at = [(left + place * step, bottom - (bottom - 12) * value / most) for place, (_, value) in enumerate(points)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    names = {0, len(points) // 2, len(points) - 1}
    labels = "".join(
        f'<text class="soft" x="{at[place][0]:.1f}" y="{height - 6}" text-anchor="{_anchor(place, len(points))}">'
        f"{escape(points[place][0])}</text>"
        for place in sorted(names)
    )
    grid = f'<path class="axis" d="M{left} {bottom}H{left + span}M{left} 12H{left + span}"/>'
    scale = f'<text class="soft" x="{left - 6}" y="{bottom}" text-anchor="end">0</text>'
    scale += f'<text class="soft" x="{left - 6}" y="18" text-anchor="end">{most:,g}</text>'
    area = f'<polygon class="area" points="{left},{bottom} {path} {at[-1][0]:.1f},{bottom}"/>'
    return _svg(f'{grid}{scale}{area}<polyline class="line" points="{path}"/>{labels}', WIDTH, height, title)


def _anchor(place: int, count: int) -> str:
    return "start" if place == 0 else "end" if place == count - 1 else "middle"


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"


def _svg(inside: str, width: int, height: int, title: str) -> Markup:
    return Markup(f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{inside}</svg>')  # nosec B704
