"""Start the twin by hand: `python -m tests.twins.discord [--port N] [--journal FILE]`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.twins.discord.twin import DiscordTwin


async def serve(port: int, journal: Path | None) -> None:
    """Serve with one guild, a text channel, a forum and an admin channel until interrupted."""
    async with DiscordTwin.running(port=port, journal=journal) as twin:
        guild = twin.guild()
        lines = [f"# guild {guild.name}: {guild.id}"]
        for channel in (twin.channel(), twin.forum(), twin.channel("admin")):
            lines.append(f"# channel #{channel.name}: {channel.id}")
        lines.append(f"# bodies checked against Discord's document: {twin.spec_checked}")
        lines += [f"export {name}={value}" for name, value in twin.environment().items()]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.twins.discord")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--journal", type=Path, help="a file to append the journal to")
    asked = parser.parse_args()
    try:
        asyncio.run(serve(asked.port, asked.journal))
    except KeyboardInterrupt:
        sys.stdout.write("# stopped\n")


if __name__ == "__main__":
    main()
