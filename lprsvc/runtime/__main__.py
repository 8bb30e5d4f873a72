"""`python -m lprsvc.runtime`: the whole service in one terminal, or one of its processes.

Without an argument it is `make run`. With `web`, `worker`, `beat` or `sequencer` it becomes that
process, configured by the environment alone: what an operator's service manager starts.
"""

import argparse
import os
import sys

from lprsvc.runtime import commands, places
from lprsvc.runtime.process import Command


def main() -> int:
    """Choose by the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lprsvc.runtime", description=__doc__)
    parser.add_argument(
        "process", nargs="?", default="all", choices=["all", "web", "worker", "beat", "sequencer"]
    )
    parser.add_argument("--host", default=commands.HOST, help="address the web process binds")
    arguments = parser.parse_args()
    if arguments.process == "all":
        from lprsvc.runtime.service import run

        return run()
    become(_command(arguments.process, arguments.host))
    return 1


def _command(name: str, host: str) -> Command:
    environment = commands.inherited_environment()
    if name == "web":
        return commands.web(environment, int(os.environ.get("PORT", "8000")), host)
    if name == "worker":
        return commands.worker(environment)
    if name == "sequencer":
        return commands.sequencer(environment)
    return commands.beat(environment, places.data_folder())


def become(command: Command) -> None:
    """Replace this process by `command`, so that the service manager watches the right one."""
    os.chdir(command.directory)
    os.execve(command.argv[0], list(command.argv), dict(command.environment))  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
