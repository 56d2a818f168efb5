"""The sample newswire: a script of invented outlets, and what each of their feeds says at a minute.

Owns the script's types, how it is read, and how it plays. Pure but for `Wire.load`. How a feed is
written as RSS, Atom, RDF or JSON is next door in `render`; when a minute is, `server` decides.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.errors import ConfigError

Minute = float  # of news, from 0, when the wire starts to play; negative: before
STRICT = ConfigDict(extra="forbid")  # a misspelt key of the script is an error
SLUG_LENGTH = 60
HOME = "https://{slug}.example"  # RFC 2606: never a real site, and links lead nowhere
REMEDY = "Mend the file, or reinstall Newsthread if you did not write it."


class Format(StrEnum):
    """How an outlet publishes its feed."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON = "json"


class Kind(StrEnum):
    """Where the facts of a story of the script come from."""

    RECORD = "record"  # the public record, told again with its dates
    INVENTED = "invented"  # made up for the sample; names nobody real


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Minutes in which a feed answers with an error, and honestly says so."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    begins: Minute
    ends: Minute  # from here on it answers again
    status: Annotated[int, Field(ge=500, le=599)] = 503
    retry_after: Annotated[int, Field(ge=0)] = 0  # seconds; 0: no such header


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A fictional newsroom with one feed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    slug: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    name: str
    about: str  # the feed's own description; says that it is a sample
    lang: Annotated[str, Field(pattern=r"^(en|es)$")]
    format: Format
    keeps: Annotated[int, Field(ge=1, le=100)] = 20  # items that its document carries at most
    outages: tuple[Outage, ...] = ()
    new_ids_from: Minute | None = None  # from here on each of its items has another id


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an outlet changes in an article that it has already published."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    at: Minute
    title: str = ""  # "" leaves it
    text: str = ""  # "" leaves it
    redated: bool = False  # the item gets the edit's time as its date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprint:
    """Another outlet that prints the same text, word for word."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    outlet: str
    at: Minute
    title: str = ""  # "" keeps it


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedArticle:
    """An article of the script."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    at: Minute
    outlet: str  # slug
    title: str
    text: str  # paragraphs, with an empty line between them; the first is the lead
    tags: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()  # in order of time
    reprints: tuple[Reprint, ...] = ()
    story: str = ""  # the event it reports; "" when it is none of the script's stories

    def printed(self) -> Iterator[Self]:
        """Yield the article itself, and then each reprint as an article of its own outlet."""
        yield replace(self, reprints=())
        for copy in self.reprints:
            yield replace(
                self,
                at=copy.at,
                outlet=copy.outlet,
                title=copy.title or self.title,
                edits=(),
                reprints=(),
            )

    def moments(self) -> Iterator[Minute]:
        """Yield when its item appears or changes."""
        yield self.at
        yield from (edit.at for edit in self.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article as its feed's document carries it at one minute."""

    id: str
    link: str
    title: str
    paragraphs: tuple[str, ...]  # never empty
    tags: tuple[str, ...]  # the first is always the mark of a sample
    minute: Minute  # its date
    updated: Minute  # when it was last changed, or first published


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What one feed answers at one minute."""

    outlet: Outlet
    home: str  # the outlet's own address, without a slash at its end
    status: int  # 200, or an error, and then there are no items
    retry_after: int  # seconds; 0: no such header
    items: tuple[Item, ...]  # newest first
    changed: Minute  # since when the document is as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryNote:
    """What the script says about one of its stories."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    slug: str
    kind: Kind
    watches: tuple[str, ...]  # the starter watches that should find its articles
    about: str  # one sentence, with the source of what is on the record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One file of the script."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    story: StoryNote | None = None
    outlets: tuple[Outlet, ...] = ()
    articles: tuple[ScriptedArticle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The whole script: after its last minute it holds still, and it never repeats."""

    outlets: tuple[Outlet, ...]
    stories: tuple[StoryNote, ...]
    articles: tuple[ScriptedArticle, ...]  # reprints spelt out; in order of time
    home: str = HOME  # where an outlet is: a site of its own, so that it can be told apart

    @classmethod
    def load(cls, folder: Traversable | None = None, home: str = HOME) -> Self:
        """Read the script's `*.toml` files, in order of name.

        Args:
            folder: Where they are; None reads the sample that the package ships.
            home: The address of an outlet, with `{slug}` in it. `http://{slug}.localhost:PORT` has
                links lead to the wire's own server at that port, which has a page for each article
                (RFC 6761 §6.3: browsers take such hosts for this machine).

        Raises:
            ConfigError: A file does not parse, or the script contradicts itself.
        """
        if folder is None:
            folder = resources.files("bot.adapters.demo").joinpath("news")
        files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=_name)
        pages = [(file.name, _page(file)) for file in files]
        articles = [
            printed
            for _, page in pages
            for article in page.articles
            for printed in replace(
                article, story=article.story or (page.story.slug if page.story else "")
            ).printed()
        ]
        wire = cls(
            outlets=tuple(outlet for _, page in pages for outlet in page.outlets),
            stories=tuple(page.story for _, page in pages if page.story),
            articles=tuple(sorted(articles, key=lambda a: (a.at, a.outlet, a.title))),
            home=home,
        )
        wire._check(str(folder))
        return wire

    @property
    def length(self) -> Minute:
        """The minute of the last change: from there on the wire holds still."""
        ends = (outage.ends for outlet in self.outlets for outage in outlet.outages)
        ids = (outlet.new_ids_from or 0.0 for outlet in self.outlets)
        moments = (moment for article in self.articles for moment in article.moments())
        return max((0.0, *ends, *ids, *moments))

    def outlet(self, slug: str) -> Outlet | None:
        """Return the outlet of that slug, if there is one."""
        return next((outlet for outlet in self.outlets if outlet.slug == slug), None)

    def at(self, slug: str, minute: Minute) -> FeedState:
        """Return what the feed of an outlet says at a minute.

        Raises:
            KeyError: There is no such outlet.
        """
        outlet = self.outlet(slug)
        if outlet is None:
            raise KeyError(slug)
        home = self.home.format(slug=slug)
        down = next((o for o in outlet.outages if o.begins <= minute < o.ends), None)
        if down is not None:
            return FeedState(
                outlet=outlet,
                home=home,
                status=down.status,
                retry_after=down.retry_after,
                items=(),
                changed=down.begins,
            )
        out = [a for a in self.articles if a.outlet == slug and a.at <= minute]
        items = sorted(
            (_item(article, outlet, home, minute) for article in out),
            key=lambda item: (-item.minute, item.link),
        )
        moments = [m for article in out for m in article.moments() if m <= minute]
        if outlet.new_ids_from is not None and outlet.new_ids_from <= minute:
            moments.append(outlet.new_ids_from)
        return FeedState(
            outlet=outlet,
            home=home,
            status=200,
            retry_after=0,
            items=tuple(items[: outlet.keeps]),
            changed=max(moments, default=0.0),
        )

    def _check(self, where: str) -> None:
        """Raise `ConfigError` where the parts of the script do not fit together."""
        slugs = {outlet.slug for outlet in self.outlets}
        links: set[str] = set()
        for article in self.articles:
            if article.outlet not in slugs:
                raise ConfigError(where, f"no outlet is called “{article.outlet}”", REMEDY)
            if not article.text.strip():
                raise ConfigError(where, f"“{article.title}” has no text", REMEDY)
            link = f"{article.outlet}/{slugged(article.title)}"
            if link in links:
                raise ConfigError(where, f"two articles would have the link {link}", REMEDY)
            links.add(link)


def slugged(title: str) -> str:
    """Return the title as a part of an address: a–z, digits and hyphens, at most 60 characters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-")


def _item(article: ScriptedArticle, outlet: Outlet, home: str, minute: Minute) -> Item:
    title, text, date, updated = article.title, article.text, article.at, article.at
    for edit in article.edits:
        if edit.at > minute:
            break
        title, text, updated = edit.title or title, edit.text or text, edit.at
        date = edit.at if edit.redated else date
    slug = slugged(article.title)  # an outlet keeps the address when it edits the headline
    renamed = outlet.new_ids_from is not None and outlet.new_ids_from <= minute
    return Item(
        id=f"urn:sample:v2:{outlet.slug}:{slug}" if renamed else f"{outlet.slug}/{slug}",
        link=f"{home}/sample/{slug}",
        title=title,
        paragraphs=tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())),
        tags=("noticia de muestra" if outlet.lang == "es" else "sample news", *article.tags),
        minute=date,
        updated=updated,
    )


def _name(file: Traversable) -> str:
    return file.name


def _page(file: Traversable) -> _Page:
    try:
        return TypeAdapter(_Page).validate_python(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file.name, f"is not TOML: {error}", REMEDY) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{file.name}: {key}", first["msg"], REMEDY) from error
