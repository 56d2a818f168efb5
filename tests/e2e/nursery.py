"""Starts processes of Newsthread by the hundred: the imports are made once, then it forks.

`python -m tests.e2e.nursery`: each line of its input is a JSON object with `roles`, the whole
`environ` and, where the process is to be on another host, its network `namespace`; the answer is
its process id. A process that cannot start for want of its database tries again, as under systemd.
All end with the nursery.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import bot.adapters.chat.discord.platform
import bot.adapters.chat.slack.platform  # noqa: F401 - both are imported late, by each process
from bot.app import Pace, opened, utc_now
from bot.config import read_config
from bot.domain.errors import StoreError
from bot.environment import read_environment
from bot.logs import configure_logs
from bot.pipeline import collect, compose, deliver, dispatch
from bot.pipeline.compose import Manners
from bot.pipeline.deliver import Patience
from bot.pulse import Pulses
from bot.roles import roles_of
from bot.serving import until_stopped
from bot.ticking import ticking

LEASE = timedelta(seconds=6)
"""Instead of minutes: what a killed process had claimed is to be had again within the test."""
PATIENCE = {
    "lease": LEASE,
    "send_time": timedelta(seconds=3),
    "quiet": timedelta(seconds=1),
    "first_retry": timedelta(seconds=0.2),
    "longest_retry": timedelta(seconds=2),
}
PACE = Pace(
    least=timedelta(seconds=2),
    gap=timedelta(0),
    manners=Manners(batch=timedelta(seconds=1), edit_gap=timedelta(seconds=1)),
    settle=timedelta(seconds=1),
    at_once=True,
)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


async def work(environ: Mapping[str, str], roles: str) -> None:
    """Do what `run --role` does, at another pace."""
    environment = read_environment(environ)
    config = read_config(environment.config)
    config = replace(config, feeds=tuple(replace(feed, every=PACE.least) for feed in config.feeds))
    async with (
        opened(config, environment, PACE, roles_of(roles)) as app,
        ticking(app, Pulses(utc_now)),
    ):
        await until_stopped()


def live(order: Mapping[str, Any]) -> None:
    """Be a process, until it is ended."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if order["namespace"]:
        with Path(f"/run/netns/{order['namespace']}").open() as there:
            if _libc.setns(there.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
    collect.LEASE, compose.LEASE = LEASE, 2 * LEASE  # a channel with all that waits there
    dispatch.HELD = 2 * LEASE
    deliver.Patience = partial(Patience, **PATIENCE)  # type: ignore[assignment,misc] # what it has by itself
    while True:
        try:
            asyncio.run(work(order["environ"], order["roles"]))
        except StoreError as error:
            sys.stderr.write(f"{error}\n")
            time.sleep(0.5)
        else:
            return


def main() -> None:
    configure_logs("warning")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                live(json.loads(line))
                code = 0
            finally:
                os._exit(code)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
