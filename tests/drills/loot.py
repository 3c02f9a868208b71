"""What a thief got in a drill, and what was refused."""

from dataclasses import dataclass, field


@dataclass
class Loot:
    """The outcome of one drill, line by line."""

    drill: str
    lines: list[str] = field(default_factory=list)

    def gained(self, what: str) -> None:
        """The thief has this now: docs/threat-model.md must say so."""
        self.lines.append(f"  GAINED   {what}")

    def refused(self, what: str) -> None:
        """The thief tried this and got nothing."""
        self.lines.append(f"  refused  {what}")

    def report(self) -> str:
        """The page that is printed."""
        return "\n".join(["", self.drill, *self.lines, ""])
