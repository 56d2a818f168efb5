"""What people do to channels, messages and the app itself, and how the app hears of it.

Source: https://docs.slack.dev/reference/events
"""

import re
from urllib.parse import urlsplit

import aiohttp
import yarl

from tests.twins.slack import auth
from tests.twins.slack.asking import CannotAskError
from tests.twins.slack.conversations import join
from tests.twins.slack.events import Received
from tests.twins.slack.people import Somebody
from tests.twins.slack.posting import Draft, delete, post
from tests.twins.slack.state import Channel, Json, Message

_LINK = re.compile(r'href="(https?://[^"]+/oauth/v2/authorize\?[^"]+)"')


class Keeper(Somebody):
    """Somebody who keeps house."""

    def invite_bot(self, channel: Channel | str | None = None) -> None:
        """Invite the app into a channel; it is told that it joined."""
        join(self._core, self.workspace, self.place(channel), self.workspace.bot.id)

    def join(self, channel: Channel | str | None = None) -> None:
        """Go into a channel; the app is told where it is in there too."""
        place = self.place(channel)
        place.members.discard(self.user.id)
        join(self._core, self.workspace, place, self.user.id)

    def kick_bot(self, channel: Channel | str | None = None) -> None:
        """Remove the app from a channel."""
        place = self.place(channel)
        place.members.discard(self.workspace.bot.id)
        self._emit(place, "left", {"channel": place.id, "actor_id": self.user.id})

    def archive(self, channel: Channel | str | None = None) -> None:
        """Archive a channel."""
        place = self.place(channel)
        place.archived = True
        self._emit(place, "archive", {"channel": place.id, "user": self.user.id, "is_moved": 0})

    def unarchive(self, channel: Channel | str | None = None) -> None:
        """Bring a channel back; the app is no longer in it, as nobody is but who did it."""
        place = self.place(channel)
        place.archived = False
        place.members = {self.user.id}
        self._emit(place, "unarchive", {"channel": place.id, "user": self.user.id})

    def rename(self, channel: Channel | str | None, name: str) -> None:
        """Give a channel another name."""
        place = self.place(channel)
        place.name = name
        about = {"id": place.id, "name": name, "name_normalized": name, "created": place.created}
        self._emit(place, "rename", {"channel": about})

    def delete(self, channel: Channel | str | None) -> None:
        """Delete a channel with all that is in it."""
        place = self.place(channel)
        del self.workspace.channels[place.id]
        self._emit(place, "deleted", {"channel": place.id, "actor_id": self.user.id})

    def delete_message(self, message: Message) -> None:
        """Delete a message; admins may delete the app's."""
        if message.user != self.user.id and not (self.user.admin or self.user.owner):
            raise CannotAskError(f"{self.user.name} may not delete others' messages")
        place = self.workspace.channels[message.channel]
        delete(self._core, self.workspace, place, message, via="person")

    def uninstall(self) -> None:
        """Remove the app from the workspace; its tokens are worth nothing from now on."""
        tokens = [
            t for t in self._core.world.tokens.values() if t.team == self.workspace.id and t.user
        ]
        for token in tokens:
            auth.revoke(self._core, token)
        self.workspace.installed = False
        self._core.note("uninstalled", team=self.workspace.id)
        self._tell({"type": "app_uninstalled"})

    def revoke(self) -> None:
        """Revoke the app's last token in this workspace, and leave the app installed."""
        tokens = [
            t for t in self._core.world.tokens.values() if t.team == self.workspace.id and t.user
        ]
        auth.revoke(self._core, tokens[-1])

    async def install(self, url: str, *, allow: bool = True) -> Received:
        """Open the app's install page, agree or refuse, and return where that ended.

        Args:
            url: The app's own page, which leads to Slack's.
            allow: Whether they agree.

        Raises:
            CannotAskError: The page does not lead to Slack's, or Slack's refuses what it asks for.
        """
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=yarl.URL(url).origin())
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(url, allow_redirects=False) as page:
                link = page.headers.get("Location") or _linked(await page.text())
            asked = f"{self._core.address}/oauth/v2/authorize?{urlsplit(link).query}"
            said = {"user": self.user.id, "allow": "yes" if allow else "no"}
            async with browser.post(asked, data=said, allow_redirects=False) as decided:
                if decided.status != 302:
                    raise CannotAskError(await decided.text())
                back = decided.headers["Location"]
            async with browser.get(back) as landed:
                return Received(
                    status=landed.status, headers=landed.headers, body=await landed.text()
                )

    def upload(
        self, name: str, data: bytes, *, channel: Channel | str | None = None, text: str = ""
    ) -> Message:
        """Put a file into a channel; into their conversation with the app where none is named."""
        place = self.im if channel is None else self.place(channel)
        file = self.file(name, data)
        file.channels.append(place.id)
        draft = Draft(user=self.user, text=text, files=[file.id], via="person")
        message = post(self._core, self.workspace, place, draft)
        self._tell(
            {
                "type": "file_shared",
                "channel_id": place.id,
                "file_id": file.id,
                "user_id": self.user.id,
                "file": {"id": file.id},
            }
        )
        return message

    def _emit(self, place: Channel, what: str, about: Json) -> None:
        """Tell of a channel; of a private one only while the app is in it."""
        kind = "group" if place.private else "channel"
        self._core.note(
            "channel", what=what, team=self.workspace.id, channel=place.id, user=self.user.id
        )
        if not place.private or self.workspace.bot.id in place.members or what == "left":
            self._tell({"type": f"{kind}_{what}", **about})


def _linked(page: str) -> str:
    found = _LINK.search(page)
    if found is None:
        raise CannotAskError("the page does not lead to Slack's page of consent")
    return found[1].replace("&amp;", "&")
