"""``python -m launch.process clients``: become one of the five processes, by its name.

For systemd's template unit, which knows an instance by its name only.
"""

import os
import sys

from launch.children import TARGETS


def command(name: str) -> list[str]:
    """Return the command line of a process; raises KeyError for an unknown name."""
    return [sys.executable, "-P", "-m", "chassis.main", TARGETS[name]]


if __name__ == "__main__":
    line = command(sys.argv[1])
    os.execv(line[0], line)
