"""How soon what ends has ended, as data and as a table."""

from dataclasses import asdict, dataclass
from typing import Any

from bench.everybody_out import Ended
from bench.spread import Spread
from bench.two_wikis import SignedOut


@dataclass(frozen=True, slots=True)
class Everybody:
    """Ending all sessions of one vault."""

    sessions: int
    count_ms: Spread
    end_ms: Spread
    raise_ms: Spread
    refused_ms: Spread
    rows_written: int
    """Of the sessions', in all rounds together."""
    wal_bytes: Spread

    @classmethod
    def of(cls, ended: Ended) -> "Everybody":
        """What all rounds come to."""
        return cls(
            sessions=ended.sessions,
            count_ms=Spread.of(ended.count_ms),
            end_ms=Spread.of(ended.end_ms),
            raise_ms=Spread.of(ended.raise_ms),
            refused_ms=Spread.of(ended.refused_ms),
            rows_written=sum(ended.rows_written),
            wal_bytes=Spread.of(ended.wal_bytes),
        )


@dataclass(frozen=True, slots=True)
class EndingsReport:
    """Both halves of `--endings`."""

    rounds: int
    small: Everybody
    large: Everybody
    sign_outs: int
    answered_ms: Spread
    first_wiki_ms: Spread
    both_wikis_ms: Spread

    @classmethod
    def of(cls, small: Ended, large: Ended, signed_out: SignedOut) -> "EndingsReport":
        """What was measured, put together."""
        return cls(
            rounds=len(large.end_ms),
            small=Everybody.of(small),
            large=Everybody.of(large),
            sign_outs=len(signed_out.both_ms),
            answered_ms=Spread.of(signed_out.answered_ms),
            first_wiki_ms=Spread.of(signed_out.first_ms),
            both_wikis_ms=Spread.of(signed_out.both_ms),
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for --json."""
        return asdict(self)

    def as_table(self) -> str:
        """As a markdown table."""
        lines = ["| what | measured | beside it |", "|---|---|---|"]
        lines += [f"| {what} | {measured} | {beside} |" for what, measured, beside in self._rows()]
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = [row for side in (self.small, self.large) for row in self._everybody_rows(side)]
        one, site = self.first_wiki_ms.shown(0, " ms"), self.answered_ms.shown(0, " ms")
        beside = (
            f"{self.sign_outs} of them; one wiki refuses after {one}, the site answers after {site}"
        )
        rows.append(
            ("Sign-out to two wikis that refuse", self.both_wikis_ms.shown(0, " ms"), beside)
        )
        return rows

    def _everybody_rows(self, side: Everybody) -> list[tuple[str, str, str]]:
        written = f"{side.rows_written} session rows written"
        return [
            (
                f"Ending all of {side.sessions:,} sessions",
                side.end_ms.shown(1, " ms"),
                f"{self.rounds} rounds; {written}, {side.wal_bytes.median / 1000:.1f} kB of WAL",
            ),
            (
                "Raising the site's number alone",
                side.raise_ms.shown(1, " ms"),
                f"counting them (`--dry-run`) takes {side.count_ms.shown(1, ' ms')}",
            ),
            (
                "From the answer to an old session refused",
                side.refused_ms.shown(2, " ms"),
                "below zero: refused before the answer was here",
            ),
        ]
