"""Every command that the documentation tells operators to type is one, with those options."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.environment import subprocess_environment

ROOT = Path(__file__).resolve().parents[2]
DOCS = (
    "docs/runbook.md",
    "docs/operating.md",
    "docs/keys.md",
    "docs/conformance.md",
    "README.md",
    "docs/wikis.md",
    *sorted(f"docs/wikis/{file.name}" for file in (ROOT / "docs" / "wikis").glob("*.md")),
)
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DJANGOS = ("migrate", "help", "check ")
# In the owner's own process, which alone has all of them: what is wrong with each line, or nothing.
_PARSE: Final = """
import json, sys
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError
said = {}
for line, (name, *arguments) in json.load(sys.stdin).items():
    said[line] = ""
    try:
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(arguments)
    except (CommandError, KeyError) as error:
        said[line] = repr(error)
print(json.dumps(said))
"""


def typed() -> dict[str, list[str]]:
    """Each line of a block that runs ``manage.py``, in words, by the file and the line."""
    found = {}
    for name in DOCS:
        for block in _BLOCK.findall((ROOT / name).read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                command = line.partition("  #")[0].partition("manage.py ")[2]
                command = command.partition(" <")[0].partition(" |")[0].removesuffix(" ...")
                if command and not command.startswith(_DJANGOS):
                    words = ["7" if word == "NUMBER" else word for word in shlex.split(command)]
                    found[f"{name}: {command}"] = words
    return found


@pytest.fixture(scope="module")
def faults() -> dict[str, str]:
    """What the owner's process has against each."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", _PARSE],
        cwd=ROOT,
        env=subprocess_environment("owner"),
        input=json.dumps(typed()),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("line", typed())
def test_command_of_the_docs_is_one_with_those_options(faults: dict[str, str], line: str) -> None:
    """What an operator pastes at three in the morning is understood."""
    assert faults[line] == ""


def test_every_lockout_s_command_stands_in_the_runbook() -> None:
    """None is known only to whoever wrote it."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    commands = (ROOT / "emergency" / "management" / "commands").glob("[a-z]*.py")
    missing = [file.stem for file in commands if file.stem not in runbook]
    assert missing == []
