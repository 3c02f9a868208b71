"""What was measured, as data and as a table."""

from dataclasses import asdict, dataclass
from typing import Any

from bench.spread import Spread

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BesidePeer:
    """A peer's silent sign-in, and the site's CPU to its own: ratios are taken within a round."""

    name: str
    alg: str
    silent_ms: float
    ratio: Spread


@dataclass(frozen=True, slots=True)
class Report:
    """Medians of all rounds. CPU in milliseconds of one sign-in, memory and weight in bytes."""

    silent_ms: float
    floor_ms: float
    password_ms: float
    argon2_ms: float
    argon2_parameters: str
    silent_statements: int
    password_statements: int
    page_statements: int
    rest_rss: int
    rest_pss: int | None
    loaded_rss: int
    loaded_pss: int | None
    page_sent: int
    page_unpacked: int
    first_run_seconds: float | None = None
    next_run_seconds: float | None = None
    peers: tuple[BesidePeer, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for --json."""
        return asdict(self)

    def as_table(self) -> str:
        """As a markdown table."""
        lines = ["| what | measured | beside it |", "|---|---|---|"]
        lines += [f"| {what} | {measured} | {beside} |" for what, measured, beside in self._rows()]
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, str]]:
        beyond = self.password_ms - self.argon2_ms
        argon2 = f"{self.argon2_ms:.1f} ms, {self.argon2_parameters}"
        times = self.password_ms / self.argon2_ms
        rows = [
            (
                "Server CPU, silent sign-in",
                f"{self.silent_ms:.2f} ms",
                f"{self.silent_ms / self.floor_ms:.2f} x bare Django ({self.floor_ms:.2f} ms)",
            ),
            *(
                (
                    f"The same, to {peer.name}",
                    peer.ratio.shown(2),
                    f"{peer.silent_ms:.2f} ms, {peer.alg}; median of pairs of rounds",
                )
                for peer in self.peers
            ),
            (
                "Server CPU, password sign-in",
                f"{self.password_ms:.1f} ms",
                f"{times:.2f} x bare Argon2id ({argon2}), so {beyond:.1f} ms beyond it",
            ),
            ("SQL statements, silent sign-in", str(self.silent_statements), "authorize and token"),
            (
                "SQL statements, password sign-in",
                str(self.password_statements),
                f"form to code; {self.page_statements} for the page before it",
            ),
            ("Web worker at rest", *_memory(self.rest_rss, self.rest_pss)),
            ("Web worker after all rounds", *_memory(self.loaded_rss, self.loaded_pss)),
            (
                "Sign-in page with CSS and JS",
                f"{self.page_sent / 1000:.1f} kB sent",
                f"{self.page_unpacked / 1000:.1f} kB unpacked",
            ),
        ]
        if self.first_run_seconds is not None and self.next_run_seconds is not None:
            rows.append(
                (
                    "`make run` to a served page",
                    f"{self.first_run_seconds:.1f} s",
                    f"the first time; then {self.next_run_seconds:.1f} s",
                )
            )
        return rows


def _memory(rss: int, pss: int | None) -> tuple[str, str]:
    shared = f"PSS {pss / _MIB:.0f} MiB" if pss is not None else "PSS unknown on this system"
    return f"RSS {rss / _MIB:.0f} MiB", shared
