"""Slack's conversations, put together: who answers, and who shows forms."""

from dataclasses import dataclass
from typing import Self

import httpx

from bot.adapters.chat.slack.answers import Answerer
from bot.adapters.chat.slack.attached import Attached
from bot.adapters.chat.slack.carrying import Carrier
from bot.adapters.chat.slack.forms import Forms
from bot.adapters.chat.slack.people import People
from bot.adapters.chat.slack.respond import Responses
from bot.adapters.chat.slack.showing import Haste, Showing
from bot.adapters.chat.slack.tokens import Tokens
from bot.adapters.chat.slack.web import Web
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock, Places


@dataclass(frozen=True, slots=True)
class Talk:
    """What listeners bring to whom."""

    answerer: Answerer
    forms: Forms
    people: People

    @classmethod
    def of(
        cls,
        dispatcher: Dispatcher,
        web: Web,
        places: Places,
        tokens: Tokens,
        http: httpx.AsyncClient,
        api_base: str,
        clock: Clock,
        haste: Haste | None = None,
    ) -> Self:
        """Join the parts.

        Args:
            dispatcher: Carries out commands.
            web: Slack.
            places: Knows the names of channels.
            tokens: Whose token files are fetched with.
            http: Fetches files, and answers at the addresses that interactions bring.
            api_base: Where the Web API is; files and such addresses may be there, too.
            clock: The time.
            haste: How long things may take; as Slack has it, if left out.
        """
        hurry = haste or Haste()
        people = People(web)
        showing = Showing(web, Responses(http, api_base), hurry)
        files = Attached(http, tokens, api_base)
        carrier = Carrier(dispatcher, people, places, files, clock)
        answerer = Answerer(carrier, showing, hurry)
        return cls(answerer, Forms(carrier, answerer, showing, hurry), people)
