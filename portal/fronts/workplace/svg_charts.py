"""Charts as SVG, made on the server: no script, no inline style, readable without colour, a few kilobytes each."""

from collections.abc import Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.fronts.workplace.charts import Chart

WIDTH = 360
#: Columns over time.
HEIGHT = 150
FLOOR = 128
TOP = 18
#: Bars that lie.
LINE = 13
GAP = 9
LABEL = 14
#: The room that the number behind a bar needs.
NUMBER = 40
CLASSES = ("a", "b")


def draw(chart: Chart) -> SafeString:
    """The picture of a chart; what it says stands in its title and description, and in the table beneath it."""
    bars = list(_columns(chart) if chart.kind.over_time else _bars(chart))
    height = HEIGHT if chart.kind.over_time else _height(chart)
    name = f"chart-{chart.kind.code}"
    return format_html(
        '<svg class="chart" role="img" aria-labelledby="{n}-title {n}-desc" viewBox="0 0 {w} {h}">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>'
        '<defs><pattern id="{n}-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="ground" width="4" height="4"/><rect class="hatch" width="2" height="4"/></pattern></defs>{bars}</svg>',
        n=name,
        w=WIDTH,
        h=height,
        title=chart.kind.title,
        desc=_said(chart),
        bars=format_html_join("", "{}", ((bar,) for bar in bars)),
    )


def key(chart: Chart) -> list[tuple[str, SafeString]]:
    """What each kind of bar means: its words and a sample."""
    return [
        (
            str(label),
            format_html(
                '<svg class="chart-key" aria-hidden="true" viewBox="0 0 14 14">{}</svg>',
                _bar(chart, place, 0, 0, 14, 14),
            ),
        )
        for place, label in enumerate(chart.kind.series)
    ]


def _said(chart: Chart) -> str:
    """The sums, for whoever does not see the picture."""
    sums = [sum(values[place] for _label, values in chart.rows) for place in range(len(chart.kind.series))]
    said = ", ".join(f"{label}: {number}" for label, number in zip(chart.kind.series, sums, strict=True))
    return _("%(sums)s. The table below the picture has every number.") % {"sums": said}


def _most(chart: Chart) -> int:
    return max([1, *(max(values) for _label, values in chart.rows)])


def _columns(chart: Chart) -> Iterator[SafeString]:
    rows, most = chart.rows, _most(chart)
    each = WIDTH / max(1, len(rows))
    wide = each * 0.8 / len(chart.kind.series)
    yield format_html('<path class="axis" d="M0 {}.5H{}"/>', FLOOR, WIDTH)
    yield _text(0, TOP - 6, str(most))
    for place, (_label, values) in enumerate(rows):
        for number, value in enumerate(values):
            tall = (FLOOR - TOP) * value / most
            if value:
                yield _bar(chart, number, place * each + each * 0.1 + number * wide, FLOOR - tall, wide, tall)
    for place, anchor, at in _marks(len(rows)):
        yield _text(at, HEIGHT - 6, rows[place][0], anchor=anchor)


def _marks(count: int) -> Sequence[tuple[int, str, float]]:
    """Which columns are named below: few are all named, of many the first, the middle one and the last."""
    if count <= 6:
        return [(place, "middle", (place + 0.5) * WIDTH / count) for place in range(count)]
    return [(0, "start", 0), (count // 2, "middle", WIDTH / 2), (count - 1, "end", WIDTH)]


def _block(chart: Chart) -> int:
    return LABEL + LINE * len(chart.kind.series) + GAP


def _height(chart: Chart) -> int:
    return max(1, len(chart.rows)) * _block(chart)


def _bars(chart: Chart) -> Iterator[SafeString]:
    most = _most(chart)
    for place, (label, values) in enumerate(chart.rows):
        top = place * _block(chart)
        yield _text(0, top + LABEL - 4, label)
        for number, value in enumerate(values):
            long = (WIDTH - NUMBER) * value / most
            line = top + LABEL + number * LINE
            if value:
                yield _bar(chart, number, 0, line, long, LINE - 2)
            yield _text(long + 4, line + LINE - 4, str(value))


def _bar(chart: Chart, series: int, x: float, y: float, width: float, height: float) -> SafeString:
    hatch = format_html(' fill="url(#chart-{}-hatch)"', chart.kind.code) if series else ""
    sizes = [f"{number:.1f}".rstrip("0").rstrip(".") for number in (x, y, width, height)]
    return format_html('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"{}/>', CLASSES[series], *sizes, hatch)


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', round(x), round(y), anchor, text)
