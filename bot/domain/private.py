"""Private addresses: which hold a secret, and how it is kept out of what is shown and stored.

Owns what may be said of one. How an address is masked is `bot.domain.urls.masked`; how its secret
is sealed in the database is the store's.
"""

import re
from base64 import b64encode
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import unquote

from bot.domain.articles import Entry
from bot.domain.polls import PollResult
from bot.domain.urls import masked

MASK = "***"
MASKED_ADDRESS = (
    "The address holds *** in place of a secret: it was copied from a list that shows none, or the"
    " key that opens it is gone. Remove the feed, and add it with its whole address."
)
"""Why an address that was masked is not asked for, for people."""
_LEAST = 6
"""Characters of a secret that is looked for in texts: shorter ones are words as well."""
_ADDRESS = re.compile(  # what ends a sentence or a quotation is not part of one
    r"\bhttps?://[^\s\"'<>“”‘’]+?(?=[).,;:!?\]]*(?:[\s\"'<>“”‘’]|$))", re.IGNORECASE
)


def is_private(url: str) -> bool:
    """Tell whether an address holds a user, a password or a token, or what looks like one."""
    return masked(url) != url


def is_surely_private(url: str) -> bool:
    """Tell whether an address names its secret as one, so that there is nothing to guess."""
    return masked(url, guess=False) != url


def is_masked(url: str) -> bool:
    """Tell whether an address has lost its secret, so that its server cannot be asked."""
    return MASK in url


def without_secrets(text: str) -> str:
    """Return a text with the addresses in it masked."""
    return _ADDRESS.sub(lambda found: masked(found.group()), text) if "://" in text else text


def secrets_of(url: str) -> tuple[str, ...]:
    """Return what is masked of an address, in the forms that a server may say it in.

    Those shorter than 6 characters are left out; the longest come first.
    """
    parts = masked(url).split(MASK)
    found = re.fullmatch("(.*?)".join(re.escape(part) for part in parts), url, re.DOTALL)
    secrets: set[str] = set()
    for hidden in found.groups() if found else ():
        user, colon, word = hidden.partition(":")
        secrets |= {hidden, word if colon else user}
    secrets |= {unquote(one) for one in secrets}
    secrets |= {b64encode(one.encode()).decode() for one in secrets if ":" in one}
    return tuple(sorted((one for one in secrets if len(one) >= _LEAST), key=len, reverse=True))


def scrubbed(result: PollResult) -> PollResult:
    """Return what a poll of a private address gave, without the secrets of that address.

    Articles are posted where many read them, and a feed may name itself in its items, such as
    where an item has no link but an anchor. Addresses of feeds and redirects stay: they are
    masked where they are shown.
    """
    secrets = secrets_of(result.url)
    if not secrets:
        return result
    return replace(
        result,
        reason=_without(result.reason, secrets),
        title=_without(result.title, secrets),
        site_url=_without(result.site_url, secrets),
        entries=tuple(_entry(entry, secrets) for entry in result.entries),
    )


def _entry(entry: Entry, secrets: Collection[str]) -> Entry:
    return replace(
        entry,
        id=_without(entry.id, secrets),
        link=_without(entry.link, secrets),
        title=_without(entry.title, secrets),
        summary=_without(entry.summary, secrets),
        body=_without(entry.body, secrets),
        author=_without(entry.author, secrets),
        outlet=_without(entry.outlet, secrets),
        tags=tuple(_without(tag, secrets) for tag in entry.tags),
    )


def _without(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
