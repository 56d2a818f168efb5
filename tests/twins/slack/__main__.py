"""Start the twin by hand: `python -m tests.twins.slack [--port N] [--journal FILE]`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.twins.slack.twin import SlackTwin


async def serve(port: int, journal: Path | None) -> None:
    """Serve with one workspace, two channels and three people until interrupted."""
    async with SlackTwin.running(port=port, journal=journal) as twin:
        workspace = twin.workspace()
        lines = [f"# workspace {workspace.name}: {workspace.id}"]
        channels = [twin.channel(name) for name in ("deportations", "admin")]
        lines += [f"# channel #{channel.name}: {channel.id}" for channel in channels]
        for name in ("reader", "editor", "admin"):
            person = twin.member(name)
            for channel in channels:
                channel.members.add(person.id)
            lines.append(f"# person {name}: {person.id}")
        lines += [f"export {name}={value}" for name, value in twin.environment().items()]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.twins.slack")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--journal", type=Path, help="a file to append the journal to")
    asked = parser.parse_args()
    try:
        asyncio.run(serve(asked.port, asked.journal))
    except KeyboardInterrupt:
        sys.stdout.write("# stopped\n")


if __name__ == "__main__":
    main()
