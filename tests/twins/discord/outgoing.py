"""Interactions over HTTP: signed requests to the address that stands in the developer portal.

Where an address is set, no interaction comes by the gateway, as with the real one.
Source: https://discord.com/developers/docs/interactions/overview
"""

import io
import json
import time
from collections.abc import Mapping

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.twins.discord.journal import Journal
from tests.twins.discord.state import Json

PATIENCE = 3.0
"""Real seconds that an application has to take an interaction."""
_TYPE = "application/json"


class Outgoing:
    """Discord's side of the address."""

    def __init__(self, journal: Journal) -> None:
        """Make a key; there is no address yet."""
        self._journal = journal
        self._key = Ed25519PrivateKey.generate()
        self.url = ""
        self.sent: list[Json] = []

    @property
    def public_key(self) -> str:
        """What the portal shows, for DISCORD_PUBLIC_KEY."""
        return self._key.public_key().public_bytes_raw().hex()

    def signed(self, body: bytes, *, age: float = 0) -> dict[str, str]:
        """Return the headers of a request that was made so many seconds ago."""
        at = str(int(time.time() - age))
        return {
            "Content-Type": _TYPE,
            "X-Signature-Timestamp": at,
            "X-Signature-Ed25519": self._key.sign(at.encode() + body).hex(),
        }

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Make a request as it is; return what is answered, status 0 for no answer in time."""
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.post(self.url, data=io.BytesIO(body), headers=headers) as answer,
            ):
                said = await answer.read()
                if answer.status == 200 and answer.content_type != _TYPE:
                    return 0, said
                return answer.status, said
        except (aiohttp.ClientError, TimeoutError):
            return 0, b""

    async def deliver(self, payload: Json) -> None:
        """Bring an interaction; only a 202 without a body says that its answer will come.

        The real one takes an answer in the body of a 200 as well, which the bot never gives.
        """
        self.sent.append(payload)
        body = json.dumps(payload).encode()
        status, said = await self.post(body, self.signed(body))
        self._journal.write("delivered", time.time(), interaction=payload["id"], status=status)
        if (status, said) != (202, b""):
            self._journal.write("violation", time.time(), what="interaction", status=status)

    async def verify(self, url: str) -> bool:
        """Enter an address as the portal does: only if it tells good signatures from bad ones."""
        self.url = url
        ping = json.dumps({"type": 1, "id": "1", "token": "ping", "version": 1}).encode()
        good = self.signed(ping)
        bad = good | {"X-Signature-Ed25519": "0" * 128}
        refused, _ = await self.post(ping, bad)
        status, said = await self.post(ping, good)
        fits = (refused, status) == (401, 200) and json.loads(said) == {"type": 1}
        self.url = url if fits else ""
        return fits
