"""What commands may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.filing import Window
from bot.domain.models import Model
from bot.domain.packs import Packs
from bot.ports.store import Store
from bot.ports.world import Charts, Clock, FeedLists, FeedSource, Places, Summariser


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What commands may use, and what the configuration says that they need to know."""

    store: Store
    source: FeedSource
    lists: FeedLists
    summariser: Summariser
    places: Mapping[str, Places]  # by platform; of each one that calls come from
    charts: Charts
    packs: Packs
    clock: Clock
    new_window: Callable[[], Window]  # an empty one, for trying a watch on stored articles
    new_error_id: Callable[[], str]  # short and random: what a person can quote from an answer
    version: str
    every: timedelta = timedelta(minutes=15)  # how often feeds added in chat are polled
    backfill: int = 0  # stories of the last day that a new watch posts once
    model: Model | None = None  # writes summaries; None: they are extractive
    keep_articles: timedelta = timedelta(days=90)  # those in no story
    keep_keys: timedelta = timedelta(days=400)  # what recognises an article that comes again
