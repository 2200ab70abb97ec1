"""What the peers share: measure one piece of work inside a process, and print the figures as one line of JSON."""

import json
import resource
import sys
import time
from pathlib import Path


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(work) -> None:
    """Runs work(input, output) on the two paths of the command line; loading libraries is not counted."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    wall, cpu = time.perf_counter(), cpu_seconds()
    work(source, target)
    figures = {
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": cpu_seconds() - cpu,
        "bytes": target.stat().st_size,
    }
    print(json.dumps(figures))
