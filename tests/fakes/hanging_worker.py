"""A worker that takes a job and never ends it: `python -m tests.fakes.hanging_worker URL SECONDS`.

Says what it took on its output, so that a test can kill or stop it then.
"""

import asyncio
import sys
from datetime import timedelta

from bot.adapters.jobs.pgqueuer import PgQueuerJobs
from bot.domain.hints import FEEDS, Hint
from bot.ports.jobs import Endurance


async def hang(hint: Hint) -> None:
    """Take a hint, and be busy with it for ever."""
    print(hint.about, flush=True)  # noqa: T201 - what the test waits for
    await asyncio.Event().wait()


if __name__ == "__main__":
    endurance = Endurance(silence=timedelta(seconds=float(sys.argv[2])))
    asyncio.run(PgQueuerJobs(sys.argv[1], endurance).work({FEEDS: hang}, 4))
