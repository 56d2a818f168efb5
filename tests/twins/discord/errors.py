"""Refusals as Discord words them: HTTP status, its own code, and the tree of what is wrong."""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A request is refused."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        """Keep what the answer's body says; `errors` is the tree of a 50035."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        """Return the answer's JSON."""
        told: Json = {"message": self.message, "code": self.code}
        return told if self.errors is None else told | {"errors": self.errors}


class Wrong:
    """Collects what is wrong with one body, place by place."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self._tree: Json = {}
        self.places: list[str] = []

    def add(self, where: str, code: str, message: str) -> None:
        """Note one fault; `where` is a dotted path such as `embeds.0.title`."""
        node = self._tree
        for step in where.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
        self.places.append(f"{where}: {message}")

    def refuse(self) -> None:
        """Raise 400 code 50035 if anything was noted."""
        if self.places:
            raise ApiError(400, 50035, "Invalid Form Body", self._tree)


def unauthorized() -> ApiError:
    """Return the answer to a token that is not the bot's."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown(what: str) -> ApiError:
    """Return the 404 for a thing that is not there, by Discord's code for it."""
    codes = {
        "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008,
        "Role": 10011, "User": 10013, "Webhook": 10015, "Interaction": 10062,
        "application command": 10063,
    }  # fmt: skip
    shown = {"Interaction": "interaction"}.get(what, what)
    return ApiError(404, codes[what], f"Unknown {shown}")


def missing_access() -> ApiError:
    """Return the 403 for a channel that cannot be seen."""
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """Return the 403 for a permission that is not there."""
    return ApiError(403, 50013, "Missing Permissions")
