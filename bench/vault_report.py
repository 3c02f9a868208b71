"""What the vault's share of a sign-in costs, as data and as a table."""

from dataclasses import asdict, dataclass
from typing import Any

from bench.spread import Spread


@dataclass(frozen=True, slots=True)
class Side:
    """One vault: its size, and the database's CPU for one ask of it."""

    accounts: int
    megabytes: float
    ask_ms: Spread
    background_ms: float
    """PostgreSQL's other processes in the same stretch: checkpoints, WAL, autovacuum."""


@dataclass(frozen=True, slots=True)
class VaultReport:
    """Both halves of `--vault`. Ratios are of the two halves of one round, so noise hits both."""

    rounds: int
    asks_a_round: int
    answers: dict[str, int]
    shared_buffers: str
    small: Side
    large: Side
    large_to_small: Spread
    cores: int
    argon2_parameters: str
    argon2_per_second: Spread
    checks_per_second: Spread
    throughput_ratio: Spread
    argon2_ms: Spread
    check_lanes_ms: Spread
    check_database_ms: Spread
    cpu_ratio: Spread
    lanes_ratio: Spread
    check_answers: dict[str, int]
    strangers: Spread

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for --json."""
        return asdict(self)

    def as_table(self) -> str:
        """As a markdown table."""
        lines = ["| what | measured | beside it |", "|---|---|---|"]
        lines += [f"| {what} | {measured} | {beside} |" for what, measured, beside in self._rows()]
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, str]]:
        return [*self._scale_rows(), *self._check_rows()]

    def _scale_rows(self) -> list[tuple[str, str, str]]:
        rounds = f"{self.rounds} rounds of {self.asks_a_round:,} asks each"
        rows = [
            (
                f"Database CPU, challenge to verdict, {side.accounts:,} accounts",
                side.ask_ms.shown(2, " ms"),
                f"{side.megabytes:.0f} MB; {side.background_ms:.3f} ms more in the background",
            )
            for side in (self.small, self.large)
        ]
        beside = f"{rounds}; {_counted(self.answers)}; shared_buffers {self.shared_buffers}"
        rows.append(("The large vault to the small one", self.large_to_small.shown(2), beside))
        return rows

    def _check_rows(self) -> list[tuple[str, str, str]]:
        bare = f"bare Argon2id {self.argon2_per_second.shown(1)}, {self.argon2_parameters}"
        cores = f"{self.cores} processes on {self.cores} cores, PostgreSQL on the same"
        database = f"and {self.check_database_ms.shown(2, ' ms')} of the database"
        return [
            ("Password checks a second", self.checks_per_second.shown(1), f"{bare}; {cores}"),
            (
                "Throughput to bare Argon2id",
                self.throughput_ratio.shown(3),
                f"{_counted(self.check_answers)}; others took {self.strangers.shown(2)}",
            ),
            (
                "CPU of a password check",
                self.check_lanes_ms.shown(1, " ms"),
                f"{database}; bare Argon2id {self.argon2_ms.shown(1, ' ms')}",
            ),
            (
                "CPU of bare Argon2id to that of a check",
                self.cpu_ratio.shown(3),
                f"without the database's {self.lanes_ratio.shown(3)}",
            ),
        ]


def _counted(answers: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {answer}" for answer, count in sorted(answers.items()))
