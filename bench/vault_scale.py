"""`make bench BENCH_ARGS=--vault`: does the vault stay cheap when it is large, and beside Argon2id?

First the database's own CPU for one guess, at two sizes; then whole password checks beside bare
Argon2id on the same cores.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field

from bench.database_cpu import DatabaseCpu
from bench.spread import Spread
from bench.vault_asks import Asker, ask_all, draw
from bench.vault_lanes import CORES, Checked, Lanes
from bench.vault_report import Side, VaultReport
from bench.vault_site import Vault, new_password, running_vaults

_BLOCKS = 6  # a round goes to and fro so many times between what it compares: noise lasts longer
_PEOPLE = 40  # with passwords that are really hashed


def add_arguments(parser: argparse._ArgumentGroup) -> None:
    """What --vault can be told."""
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts of the small vault")
    parser.add_argument("--large-accounts", type=int, default=1_000_000, help="and of the large")
    parser.add_argument("--asks", type=int, default=3000, help="guesses at each vault in a round")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each in a round of checks")
    parser.add_argument(
        "--shared-buffers", default="1GB", help="PostgreSQL's cache; the large vault takes 0.8 GB"
    )


@dataclass(slots=True)
class _Asked:
    """One vault's connections, and what each round of asks took."""

    vault: Vault
    askers: list[Asker]
    milliseconds: list[float] = field(default_factory=list)
    background: list[float] = field(default_factory=list)

    def side(self) -> Side:
        background = Spread.of(self.background).median
        return Side(
            self.vault.accounts,
            self.vault.megabytes(),
            Spread.of(self.milliseconds),
            background,
        )


def measure(arguments: argparse.Namespace) -> VaultReport:
    """Fill both vaults, measure, and throw them away."""
    password = new_password()
    names = [f"Prover {number}" for number in range(_PEOPLE)]
    with running_vaults(arguments.accounts, arguments.large_accounts, arguments.shared_buffers) as (
        small,
        large,
    ):
        print("both vaults are filled", file=sys.stderr)
        large.create_people(names, password)
        cpu = DatabaseCpu(small.demo.server)
        sides = [
            _Asked(vault, [Asker(vault.web_dsn) for _ in range(CORES)]) for vault in (small, large)
        ]
        try:
            _ask_rounds(sides, arguments, cpu)
            with Lanes(large, names, password) as lanes:
                checked = _check_rounds(lanes, large, arguments, cpu)
        finally:
            cpu.close()
            for side in sides:
                for asker in side.askers:
                    asker.close()
        return _report(arguments, sides, checked, large.argon2_parameters())


def _ask_rounds(sides: list[_Asked], arguments: argparse.Namespace, cpu: DatabaseCpu) -> None:
    for number in range(arguments.rounds + 1):
        for side in sides:
            side.vault.tidy()
        used: dict[str, list[float]] = {side.vault.database: [0.0, 0.0] for side in sides}
        for block in range(_BLOCKS):
            for side in sides if block % 2 else reversed(sides):
                web, background = _ask(side, arguments.asks // _BLOCKS, cpu)
                used[side.vault.database][0] += web
                used[side.vault.database][1] += background
        for side in sides:
            if number:  # the first is for plans and caches
                web, background = used[side.vault.database]
                side.milliseconds.append(web * 1000 / _asks_a_round(arguments))
                side.background.append(background * 1000 / _asks_a_round(arguments))
            else:
                for asker in side.askers:
                    asker.answers.clear()
        print(f"asks, round {number} of {arguments.rounds}", file=sys.stderr)


def _ask(side: _Asked, count: int, cpu: DatabaseCpu) -> tuple[float, float]:
    """Give the CPU seconds of the web role's backends, and of the server's other processes."""
    asks = draw(side.vault.accounts, count)
    before = cpu.read()
    ask_all(side.askers, asks)
    used = cpu.since(before)
    return used.web, sum(used.others.values())


def _asks_a_round(arguments: argparse.Namespace) -> int:
    count: int = arguments.asks // _BLOCKS * _BLOCKS
    return count


def _check_rounds(
    lanes: Lanes, vault: Vault, arguments: argparse.Namespace, cpu: DatabaseCpu
) -> list[tuple[Checked, Checked]]:
    """Give pairs: bare Argon2id, and whole checks."""
    pairs = []
    for number in range(arguments.rounds + 1):
        vault.tidy()
        bare, whole = Checked(), Checked()
        for block in range(_BLOCKS):
            for what in ("argon2", "prove") if block % 2 else ("prove", "argon2"):
                done = lanes.work(what, arguments.seconds / _BLOCKS, cpu)
                (bare if what == "argon2" else whole).add(done)
        if number:
            pairs.append((bare, whole))
        print(f"checks, round {number} of {arguments.rounds}", file=sys.stderr)
    return pairs


def _report(
    arguments: argparse.Namespace,
    sides: list[_Asked],
    checked: list[tuple[Checked, Checked]],
    argon2_parameters: str,
) -> VaultReport:
    small, large = sides
    bare, whole = [pair[0] for pair in checked], [pair[1] for pair in checked]
    answers = sum((asker.answers for side in sides for asker in side.askers), Counter[str]())
    return VaultReport(
        rounds=arguments.rounds,
        asks_a_round=_asks_a_round(arguments),
        answers=dict(answers),
        shared_buffers=arguments.shared_buffers,
        small=small.side(),
        large=large.side(),
        large_to_small=Spread.of(
            [b / a for a, b in zip(small.milliseconds, large.milliseconds, strict=True)]
        ),
        cores=CORES,
        argon2_parameters=argon2_parameters,
        argon2_per_second=Spread.of([one.per_second for one in bare]),
        checks_per_second=Spread.of([one.per_second for one in whole]),
        throughput_ratio=Spread.of([b.per_second / a.per_second for a, b in checked]),
        argon2_ms=Spread.of([one.lanes_ms for one in bare]),
        lanes_ratio=Spread.of([a.lanes_ms / b.lanes_ms for a, b in checked]),
        check_lanes_ms=Spread.of([one.lanes_ms for one in whole]),
        check_database_ms=Spread.of([one.database_ms for one in whole]),
        cpu_ratio=Spread.of([a.lanes_ms / (b.lanes_ms + b.database_ms) for a, b in checked]),
        check_answers=dict(sum((one.answers for one in whole), Counter[str]())),
        strangers=Spread.of([one.strangers for pair in checked for one in pair]),
    )
