"""What a test knows of the demo that is running."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.running_demo import ROOT


@dataclass(frozen=True)
class Demo:
    """What ``var/demo.json`` says of the running demo."""

    description: dict[str, Any] = field(repr=False)

    @property
    def issuer(self) -> str:
        """The auth site."""
        return str(self.description["issuer"])

    @property
    def operator_url(self) -> str:
        """The operator's site."""
        return str(self.description["operator_url"])

    @property
    def wikis(self) -> list[str]:
        """The wikis' addresses: English, French."""
        return [str(wiki["url"]) for wiki in self.description["wikis"]]

    def account(self, *, operator: bool) -> dict[str, Any]:
        """A demo account."""
        return next(a for a in self.description["accounts"] if a["operator"] is operator)

    def letters(self) -> str:
        """All letters that were sent, as text."""
        files = sorted(Path(self.description["mail_dir"]).glob("*.eml"))
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    def manage(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Runs manage.py as the owner of the demo."""
        return subprocess.run(
            [*self.description["manage"], *arguments],
            env={**self.description["env"]},
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
