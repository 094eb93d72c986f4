"""Charts as SVG, made on the server: no script, no inline style, readable without colour, a few kilobytes each."""

from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.fronts.workplace.charts import Chart, Row

WIDTH = 480
#: Columns over time: the floor they stand on, their top, and the room of the axis.
HEIGHT, FLOOR, TOP, AXIS = 220, 192, 20, 36
#: Bars that lie: a finger wide each, their labels before them, the number behind.
LINE, LABEL, NUMBER = 24, 215, 48
CLASSES = ("a", "b")


def draw(chart: Chart) -> SafeString:
    """The picture of a chart: each bar is a link to the rows that it counts; the table beneath it has every number."""
    bars = list(_columns(chart) if chart.kind.over_time else _bars(chart))
    height = HEIGHT if chart.kind.over_time else max(1, len(chart.rows)) * len(chart.kind.series) * LINE
    name = f"chart-{chart.kind.code}"
    return format_html(
        '<svg class="chart" role="group" aria-labelledby="{n}-title {n}-desc" viewBox="0 0 {w} {h}">'
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
    sums = [sum(row.values[place] for row in chart.rows) for place in range(len(chart.kind.series))]
    said = ", ".join(f"{label}: {number}" for label, number in zip(chart.kind.series, sums, strict=True))
    return _("%(sums)s. The table below the picture has every number.") % {"sums": said}


def _most(chart: Chart) -> int:
    return max([1, *(max(row.values) for row in chart.rows)])


def _columns(chart: Chart) -> Iterator[SafeString]:
    rows, most = chart.rows, _most(chart)
    each = (WIDTH - AXIS) / max(1, len(rows))
    wide = each / len(chart.kind.series)
    for part in (0, 0.5, 1):
        line = FLOOR - (FLOOR - TOP) * part
        yield format_html('<path class="axis" d="M{} {}.5H{}"/>', AXIS, round(line), WIDTH)
        yield _text(AXIS - 4, line + 4, f"{most * part:g}", anchor="end")
    for place, row in enumerate(rows):
        for number, value in enumerate(row.values):
            tall = (FLOOR - TOP) * value / most
            left = AXIS + place * each + number * wide
            if value:
                bar = _bar(chart, number, left + wide * 0.1, FLOOR - tall, wide * 0.8, tall)
                yield _link(chart, row, number, bar, (left, TOP - 4, wide, FLOOR - TOP + 4))
            if value and place == len(rows) - 1:
                yield _text(left + wide / 2, FLOOR - tall - 4, str(value), anchor="middle")
    for place, row in enumerate(rows):
        yield _text(AXIS + (place + 0.5) * each, HEIGHT - 8, row.label, anchor="middle")


def _bars(chart: Chart) -> Iterator[SafeString]:
    most, high = _most(chart), LINE * len(chart.kind.series)
    for place, row in enumerate(chart.rows):
        yield _text(LABEL - 8, place * high + high / 2 + 4, row.label, anchor="end")
        for number, value in enumerate(row.values):
            long = (WIDTH - LABEL - NUMBER) * value / most
            line = place * high + number * LINE
            if value:
                bar = _bar(chart, number, LABEL, line + 3, long, LINE - 6)
                yield _link(chart, row, number, bar, (LABEL, line, WIDTH - LABEL, LINE))
            yield _text(LABEL + long + 6, line + LINE / 2 + 4, str(value))


def _link(chart: Chart, row: Row, series: int, bar: SafeString, hit: tuple[float, float, float, float]) -> SafeString:
    """A bar that leads to the rows it counts, in a place large enough for a finger."""
    name = f"{row.label}, {chart.kind.series[series]}: {row.values[series]}"
    if not row.queries:
        return bar
    return format_html(
        '<a href="{}?{}" aria-label="{}"><title>{}</title><rect class="hit" {}/>{}</a>',
        chart.url,
        row.queries[series],
        name,
        name,
        format_html('x="{}" y="{}" width="{}" height="{}"', *(f"{one:.1f}" for one in hit)),
        bar,
    )


def _bar(chart: Chart, series: int, x: float, y: float, width: float, height: float) -> SafeString:
    hatch = format_html(' fill="url(#chart-{}-hatch)"', chart.kind.code) if series else ""
    sizes = [f"{number:.1f}".rstrip("0").rstrip(".") for number in (x, y, width, height)]
    return format_html('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"{}/>', CLASSES[series], *sizes, hatch)


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', round(x), round(y), anchor, text)
