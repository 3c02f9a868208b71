"""When a job that failed is tried again, and when it is given up. Pure: no clock, no database."""

import random
from typing import Final

# Seconds to wait after the first, second, ... try; the last one repeats.
WAITS: Final = (1, 5, 30, 120, 600, 1800, 3600, 7200, 14400)
# A wiki that is down overnight still learns of every logout. Both must be passed, so that a job
# that only waited (for a busy destination, or for a worker) is not given up for that.
GIVE_UP_TRIES: Final = 10
GIVE_UP_SECONDS: Final = 86_400
JITTER: Final = 0.2


def wait_after(tries: int, age_seconds: float) -> int | None:
    """The whole seconds to wait after so many tries, or None to give the job up.

    A fifth more or less, by chance, keeps jobs that failed together from returning together.
    """
    if tries >= GIVE_UP_TRIES and age_seconds >= GIVE_UP_SECONDS:
        return None
    wait = WAITS[min(tries, len(WAITS)) - 1]
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret
    return max(1, round(wait * spread))
