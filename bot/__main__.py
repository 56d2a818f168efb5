"""Starts the command line: `python -m bot …`, which is in `bot.cli`.

Exit codes: 0 all went well · 1 something that was asked for failed · 2 the command line,
configuration or environment is wrong · 3 the database cannot be used · 130 interrupted.
"""

import gc
import os
import signal

from bot.exits import Exit


def main() -> None:
    """Run the command line; an interrupt while it is still being loaded ends it at once."""
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(Exit.INTERRUPTED))
    gc.disable()  # while modules are loaded, which stay: a tenth of the start; `bot.cli` enables it
    from bot.cli import cli  # takes most of the start-up time: hence the handler before it

    cli()


if __name__ == "__main__":
    main()
