"""Logging: readable lines on a terminal, JSON elsewhere; secrets masked, control characters out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from bot.domain.private import without_secrets

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SECRETS = re.compile(
    r"(?i)\b(?:xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|sk-[\w-]{16,}|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"
    r"|bearer\s+[\w.~+/-]{8,}=*)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=://hooks\.slack\.com/)[\w/-]+"  # whoever has one may answer there
    r"|(?<=[?&])(?:token|key|apikey|api_key|access_token|auth|secret|password|sig|signature"
    r"|client_secret|code|state|ticket)=[^&\s]+"
)
_LONGEST = 2_000  # characters of one value


def configure_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """Set up logging for the whole process; called once, by the command line.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        stream: Where lines go; colours only if it is a terminal.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        clean,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True)
        if stream.isatty()
        else structlog.processors.JSONRenderer()
    )
    number = getattr(logging, level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)  # what libraries say: as clean, and in the same form
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a slow step skips a tick: meant so
    # it looks for our variables in the environment, and warns that it was given better ones
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    # Its watcher's end is told as the job's: `step_failed`, with what to do.
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)


def clean(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Return a log event with secrets masked, control characters shown, long values cut."""
    return {key: cleaned(value) for key, value in event.items()}


def cleaned(value: object) -> object:
    """Return a value as it may stand in a log; what is not text is left as it is."""
    if isinstance(value, str):
        kept = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
        masked = without_secrets(_SECRETS.sub("[secret]", kept))
        return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", masked)
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, BaseException):
        return cleaned(f"{type(value).__name__}: {value}")
    return value
