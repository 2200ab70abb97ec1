"""Waiting for a fact, never for a guessed time."""

import time


class TooLate(AssertionError):
    """What was waited for did not come."""


def wait_until(fact, seconds: float, what: str, every: float = 0.05):
    """Asks again and again until fact() is true, and returns its answer; fails loudly after the given time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = fact()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {seconds:g} s")
        time.sleep(every)
