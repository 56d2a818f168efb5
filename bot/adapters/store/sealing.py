"""Sealing: what must not be read from a copy of the database is stored encrypted (Fernet).

Owns where the key comes from and what a private address becomes in a row. Whoever gives no key gets
one beside the database's file, made when it is first needed; a server's database has no such place.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.store.engine import file_of, is_server
from bot.domain.errors import StoreError
from bot.domain.private import is_private, is_surely_private
from bot.domain.urls import masked

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

VARIABLE = "NEWSTHREAD_KEY"
SHORTEST = 16
"""Characters that a key has at least."""
NO_KEY = (
    f"{VARIABLE} is not set, and a private feed's address is stored only sealed: make a key with"
    " `python -c 'import secrets; print(secrets.token_urlsafe(32))'`, set it wherever this database"
    " is used, and keep a copy."
)
OTHER_KEY = f"it was sealed with another key: set that {VARIABLE} again"
"""Why an address cannot be read, for people."""
_PREFIX = "sealed:"

Keys = Callable[[bool], Sequence[str]]
"""Returns the keys, of which the first seals and each opens; for True, one is made if need be."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row holds of an address."""

    url: str  # tells addresses apart; of a private one masked, with a mark of what is hidden
    sealed: str | None  # all of a private address; None where `url` is all of it


class Sealer:
    """Seals, and opens what it sealed."""

    def __init__(self, keys: Keys) -> None:
        """Seal with the first of `keys`, which are asked for when they are first needed."""
        self._keys = keys
        self._ring: _Ring | None = None

    def kept(self, url: str) -> Kept:
        """Return what is stored of an address.

        Raises:
            StoreError: It is private, and there is no key to seal it with.
        """
        if not is_private(url):
            return Kept(url, None)
        ring = self._opened(make=True)
        if ring is None:
            if is_surely_private(url):
                raise StoreError(NO_KEY)
            return Kept(url, None)  # it only looks like a secret
        return Kept(f"{masked(url)}#{ring.mark(url)}", ring.seal(url))

    def address(self, kept: Kept) -> str | None:
        """Return an address whole, or None where none of the keys opens it."""
        return kept.url if kept.sealed is None else self._unsealed(kept.sealed)

    def text(self, text: str, *, private: bool) -> str:
        """Return a text as it is stored, sealed if it is private and there is a key."""
        ring = self._opened(make=True) if private else None
        return text if ring is None else _PREFIX + ring.seal(text)

    def plain(self, stored: str) -> str | None:
        """Return a text that `text` made; None where none of the keys opens it."""
        if not stored.startswith(_PREFIX):
            return stored
        return self._unsealed(stored.removeprefix(_PREFIX))

    def _unsealed(self, token: str) -> str | None:
        ring = self._opened(make=False)
        return None if ring is None else ring.open(token)

    def _opened(self, *, make: bool) -> "_Ring | None":
        if self._ring is None and (keys := self._keys(make)):
            self._ring = _Ring(keys)
        return self._ring


class _Ring:
    """Keys that are there."""

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import MultiFernet  # heavy: only where something is private

        self._fernet = MultiFernet([_fernet(key) for key in keys])
        self._marking = _derived("marks", keys[0])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, token: str) -> str | None:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token).decode("utf-8", "surrogatepass")
        except InvalidToken:
            return None

    def mark(self, text: str) -> str:
        """Return what tells texts apart without telling, or letting anyone try, what they are."""
        whole = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._marking, whole, hashlib.sha256).hexdigest()[:16]


def sealer(url: str, key: str) -> Sealer:
    """Return the sealer of a database.

    Args:
        url: The database's address.
        key: The key that is given, or several with spaces between, the newest first; "": none.

    Raises:
        StoreError: The address is of no database, or a key is too short to be one.
    """
    given = tuple(key.split())
    if any(len(one) < SHORTEST for one in given):
        raise StoreError(f"{VARIABLE} is shorter than {SHORTEST} characters: make a longer one.")
    file = file_of(url)
    if file is not None:
        return Sealer(partial(_beside, key_file(file), given))
    if is_server(url):
        return Sealer(lambda _make: given)
    passing = given or (secrets.token_urlsafe(32),)
    return Sealer(lambda _make: passing)


def key_file(database: Path) -> Path:
    """Return where the key of an embedded database is, where none is given."""
    return database.with_name(f"{database.name}-key")


def _beside(path: Path, given: Sequence[str], make: bool) -> Sequence[str]:  # noqa: FBT001 - `Keys`
    there = _read(path)
    keys = (*given, *([there] if there else []))
    return (_made(path),) if make and not keys else keys


def _read(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"The key file {path} cannot be read ({error}): give the bot's user the right to, or"
            f" set {VARIABLE} to what was in it."
        ) from error
    if len(key) < SHORTEST:
        raise StoreError(f"The key file {path} is damaged: bring it back from a backup.")
    return key


def _made(path: Path) -> str:
    """Make a key file that only its owner may read; return the key, also if another just made it.

    The file appears whole: another process never reads half a key.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # made meanwhile
        finally:
            fresh.unlink()
    except OSError as error:
        raise StoreError(
            f"The key file {path} cannot be made ({error.strerror}): let the bot's user write to"
            f" its folder, or set {VARIABLE}."
        ) from error
    return _read(path)


def _fernet(key: str) -> "Fernet":
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(_derived("seals", key)))


def _derived(purpose: str, key: str) -> bytes:
    return hashlib.sha256(f"newsthread {purpose}\0{key}".encode()).digest()
