"""The exit codes of the command line; docs/operations.md says when each comes."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    WELL = 0
    FAILED = 1  # something that was asked for
    WRONG = 2  # the command line, the configuration or the environment
    NO_STORE = 3  # the database cannot be used
    INTERRUPTED = 130  # by Ctrl-C; 128 and the number of the signal, as shells have it
