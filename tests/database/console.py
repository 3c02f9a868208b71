"""The owner's commands as a shell would see them: status, standard output, standard error."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

Playing = Callable[[str], AbstractContextManager[None]]


class Console:
    """Runs commands as the owner, in this process, as a shell would see them."""

    def __init__(self, playing: Playing, capsys: pytest.CaptureFixture[str]) -> None:
        self.playing = playing
        self._capsys = capsys

    def run(self, *argv: str, stdin: str = "", role: str = "owner") -> tuple[int, str, str]:
        """Status, what was printed, and what was complained of."""
        # The emergency room is an app of the owner's and the operator's settings alone.
        app = get_commands().get(argv[0], "emergency")
        command = load_command_class(app, argv[0])
        before, sys.stdin = sys.stdin, io.StringIO(stdin)
        self._capsys.readouterr()
        try:
            with self.playing(role):
                command.run_from_argv(["manage.py", *argv])
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        finally:
            sys.stdin = before
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def answer(self, *argv: str, stdin: str = "") -> Any:
        """The JSON value of a command that worked."""
        status, out, err = self.run(*argv, "--json", stdin=stdin)
        assert (status, err) == (0, "")
        return json.loads(out)

    def complaint(self, *argv: str, stdin: str = "") -> str:
        """The one line of a command that did not work."""
        status, out, err = self.run(*argv, stdin=stdin)
        assert (status, out) == (1, "")
        [line] = err.splitlines()
        assert line.startswith(f"{argv[0]}: ")
        return line
