"""Ties the life of a process to its parent's, so that a supervisor killed with SIGKILL leaves
nothing behind. Linux only (prctl's PR_SET_PDEATHSIG); elsewhere the next start cleans up.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dies_with_parent(asked_by: signal.Signals) -> Callable[[], None] | None:
    """Give a `preexec_fn` that has the kernel send `asked_by` to the child when its parent dies.

    The parent is the thread that starts the child: start children from the main thread.
    """
    if sys.platform != "linux":
        return None
    # Loaded here, because after the fork as little as possible may happen.
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, asked_by)
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), asked_by)

    return before_exec


def follow_parent(asked_by: signal.Signals) -> None:
    """Have the kernel send `asked_by` to this very process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, asked_by)
