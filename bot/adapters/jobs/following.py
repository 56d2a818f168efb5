"""What following a hint comes to, the same for all kinds of jobs."""

from collections.abc import Mapping

import structlog

from bot.domain.errors import BotError
from bot.domain.hints import Hint
from bot.ports.jobs import Follow

log = structlog.get_logger()


class FailedError(Exception):
    """Following a hint failed; its words may be stored and shown."""


async def follow(followers: Mapping[str, Follow], hint: Hint) -> None:
    """Follow a hint; what goes wrong is logged.

    Raises:
        FailedError: It is to be followed again.
    """
    try:
        await followers[hint.queue](hint)
    except BotError as error:  # its words say all: the disk is full, for one
        reason = str(error)
        log.error("job_failed", queue=hint.queue, about=hint.about, reason=reason)  # noqa: TRY400
        raise FailedError(reason) from None
    except Exception as error:
        log.exception("job_failed", queue=hint.queue, about=hint.about)
        # Its words may hold what is nobody's business.
        raise FailedError(type(error).__name__) from None
