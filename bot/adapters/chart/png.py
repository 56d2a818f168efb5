"""A trend as a PNG: articles as bars, outlets as a line, peaks named.

Owns how it looks. It stands on a light ground of its own, so that it reads the same in a dark and
in a light theme. matplotlib is imported when the first chart is drawn, in a thread: it takes about
a second and some 60 MB that nobody else needs.
"""

import asyncio
import io
from datetime import date
from typing import TYPE_CHECKING

from bot.domain.text import shorten
from bot.domain.trends import Peak, Trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

WIDE, HIGH, DPI = 8.0, 4.5, 150  # inches, and pixels an inch: 1,200 by 675
_GROUND, _INK, _QUIET, _GRID = "#fbfaf7", "#1f2328", "#57606a", "#d8dbdf"
_BARS, _LINE = "#4878a8", "#b4500f"  # told apart by people who see no red or no green, too
_NAME = 80  # characters of a peak's headline
_TICKS = 8  # days that are named below
_SIGNS = ("①", "②", "③")  # above the peaks, and before their names
_TOP = 1.15  # of the highest bar: room for its sign
_DOTTED = 31  # days, above which the line's dots would hide it


class PngCharts:
    """Draws charts, one at a time; see `bot.ports.world.Charts`."""

    def __init__(self) -> None:
        """Draw nothing yet, and import nothing."""
        self._drawing = asyncio.Lock()  # matplotlib's caches are not made for several threads

    async def trend(self, trend: Trend) -> bytes:
        """See `bot.ports.world.Charts.trend`."""
        async with self._drawing:
            return await asyncio.to_thread(draw, trend)


def draw(trend: Trend) -> bytes:
    """Return a trend as a PNG of 1,200 by 675 pixels."""
    from matplotlib import get_data_path
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, get_font

    path = f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf"  # it comes with the library
    font, known = FontProperties(fname=path), get_font(path).get_charmap()

    def shown(words: str, most: int) -> str:
        return shorten("".join(c if ord(c) in known else "\ufffd" for c in words), most)

    figure = Figure(figsize=(WIDE, HIGH), dpi=DPI, facecolor=_GROUND, layout="constrained")
    FigureCanvasAgg(figure)  # it is the figure's from now on
    axes = figure.add_subplot(facecolor=_GROUND)
    places = range(len(trend.days))
    articles = [day.articles for day in trend.days]
    outlets = [day.outlets for day in trend.days]
    axes.bar(places, articles, width=0.7, color=_BARS, label="articles", zorder=2)
    axes.plot(
        places, outlets, color=_LINE, marker="o" if len(trend.days) <= _DOTTED else "",
        markersize=4, linewidth=1.8, label="outlets", zorder=3,
    )  # fmt: skip
    axes.set_ylim(0, max(*articles, 1) * _TOP)
    for sign, peak in zip(_SIGNS, trend.peaks, strict=False):
        axes.annotate(
            sign, (trend.days.index(peak.day), peak.day.articles), (0, 3),
            textcoords="offset points", ha="center", color=_INK, fontproperties=font, fontsize=13,
        )  # fmt: skip
    names = [
        f"{sign} {_dated(peak.day.day)}: {shown(_name(peak), _NAME)}"
        for sign, peak in zip(_SIGNS, trend.peaks, strict=False)
    ]
    axes.set_xlabel(
        "\n".join(names), loc="left", color=_INK, fontproperties=font, fontsize=10, labelpad=8,
        parse_math=False,
    )  # fmt: skip
    first, last = trend.days[0].day, trend.days[-1].day
    title = f"{shown(trend.name, 60)}: articles and outlets a day"
    axes.set_title(
        f"{title}\n{_dated(first)} {first:%Y} to {_dated(last)} {last:%Y}", loc="left", color=_INK,
        fontproperties=font, fontsize=11, parse_math=False,
    )  # fmt: skip
    _trimmed(axes, trend, font)
    axes.legend(
        loc="upper right", bbox_to_anchor=(1, 1.16), ncols=2, frameon=False, labelcolor=_INK,
        prop=font,
    )  # fmt: skip
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _trimmed(axes: "Axes", trend: Trend, font: "FontProperties") -> None:
    """Name some days below and whole numbers at the side; leave out what says nothing."""
    from matplotlib.ticker import MaxNLocator

    step = max(1, -(-len(trend.days) // _TICKS))
    places = [*range(len(trend.days) - 1, -1, -step)][::-1]
    axes.set_xticks(places, [_dated(trend.days[place].day) for place in places])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(axis="y", color=_GRID, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)
    axes.tick_params(colors=_QUIET, length=0)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font)
        label.set_fontsize(9)


def _name(peak: Peak) -> str:
    return " ".join((peak.lead.title or peak.lead.outlet).split())


def _dated(day: date) -> str:
    return f"{day.day} {day:%b}"
