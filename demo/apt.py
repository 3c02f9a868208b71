"""Installs packages of Debian's for the tests, where that can be done: as root, by apt-get."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path


def can_install() -> bool:
    """Whether this process may install packages of Debian's."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install them, with what they cannot do without; False when apt-get failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Somebody else may be installing just now; apt-get waits for them, but not with its lists.
    get = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    with Path(__file__).open(encoding="utf-8") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        for command in (
            [*get, "update"],
            [*get, "install", "-y", "--no-install-recommends", *packages],
        ):
            done = subprocess.run(command, env=environment, check=False, stdout=sys.stderr)
            if done.returncode != 0:
                return False
    return True
