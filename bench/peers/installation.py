"""Installs the peers below `var/peers`, once: what is locked, with hashes, and nothing else.

A virtual environment holds django-oauth-toolkit and Node.js; npm brings node-oidc-provider without
running anybody's install scripts.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.environment import ROOT

_SOURCE = Path(__file__).parent / "node"
_REQUIREMENTS = ROOT / "requirements" / "peers.txt"
_LOCKS = (_REQUIREMENTS, _SOURCE / "package.json", _SOURCE / "package-lock.json")


class CannotInstall(Exception):
    """A package manager failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the peers are."""

    folder: Path

    @property
    def programs(self) -> Path:
        """The programs of the virtual environment, Node.js among them."""
        return self.folder / "python" / "bin"

    @property
    def python(self) -> Path:
        """The Python that has django-oauth-toolkit."""
        return self.programs / "python"

    @property
    def node_folder(self) -> Path:
        """The folder with node-oidc-provider and the server around it."""
        return self.folder / "node"


def installed() -> Installation:
    """Give the peers, installed anew where a lock changed. Raises CannotInstall."""
    installation = Installation(ROOT / "var" / "peers")
    stamp = installation.folder / "installed"
    wanted = hashlib.sha256(b"".join(lock.read_bytes() for lock in _LOCKS)).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print("Installing the peers below var/peers (once; a minute or two)...", file=sys.stderr)
        shutil.rmtree(installation.folder, ignore_errors=True)
        _install(installation)
        stamp.write_text(wanted, encoding="utf-8")
    for source in _SOURCE.glob("*.mjs"):  # beside node_modules, where they look for packages
        shutil.copy(source, installation.node_folder)
    return installation


def _install(installation: Installation) -> None:
    installation.node_folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_SOURCE / name, installation.node_folder)
    _run([sys.executable, "-m", "venv", str(installation.folder / "python")])
    pip = [str(installation.python), "-m", "pip", "install", "--quiet", "--require-hashes"]
    _run([*pip, "-r", str(_REQUIREMENTS)])
    npm = [str(installation.programs / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    _run(npm, folder=installation.node_folder)


def _run(command: Sequence[str], *, folder: Path = ROOT) -> None:
    # Node.js trusts a list of its own unless it is told to trust whom this machine does.
    environment = {"NODE_OPTIONS": "--use-system-ca", **os.environ}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotInstall(done.stderr or done.stdout)
