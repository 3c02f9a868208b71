"""`make bench`: starts a site of its own, measures it, prints a table (or JSON)."""

import argparse
import contextlib
import json
import statistics
import sys
from collections.abc import Callable, Sequence

from bench import endings, vault_scale
from bench.endings_report import EndingsReport
from bench.make_run import seconds_to_a_page
from bench.measures import BareArgon2, Contender, page_weight
from bench.peers.running import Peer, running_peers
from bench.report import BesidePeer, Report
from bench.site import REDIRECT_URI, USERNAMES, Site, running_site
from bench.spread import Spread
from bench.statements import StatementCounter
from bench.vault_report import VaultReport
from bench.wiki import Request

_FLOWS_COUNTED = 7


def main() -> int:
    """Measure and print. What fails is a traceback: a benchmark that limps is worth nothing."""
    arguments = _arguments()
    report = _measure(arguments)
    print(json.dumps(report.as_dict(), indent=1) if arguments.json else report.as_table())
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind, in turn")
    parser.add_argument("--silent", type=int, default=200, help="silent sign-ins in a round")
    parser.add_argument("--password", type=int, default=30, help="password sign-ins in a round")
    parser.add_argument("--make-run", action="store_true", help="time `make run` as well")
    parser.add_argument("--peers", action="store_true", help="run other providers beside the site")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--vault", action="store_true", help="measure the vault alone, and nothing of the above"
    )
    instead.add_argument(
        "--endings", action="store_true", help="measure how soon sessions end, and nothing else"
    )
    vault_scale.add_arguments(parser.add_argument_group("with --vault, the sizes with --endings"))
    endings.add_arguments(parser.add_argument_group("with --endings"))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace) -> Report | VaultReport | EndingsReport:
    if arguments.vault:
        return vault_scale.measure(arguments)
    if arguments.endings:
        return endings.measure(arguments)
    runs = seconds_to_a_page() if arguments.make_run else (None, None)
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(running_site())
        peers: tuple[Peer, ...] = ()
        if arguments.peers:
            log = site.database_log.parent
            peers = stack.enter_context(running_peers(site.server, log, REDIRECT_URI))
        return _measure_sign_ins(site, arguments, runs, peers)


def _measure_sign_ins(
    site: Site,
    arguments: argparse.Namespace,
    runs: tuple[float | None, float | None],
    peers: Sequence[Peer],
) -> Report:
    rest = site.tree.largest_worker()
    silent = Contender(
        "silent", site.tree, [site.silent_sign_in(name) for name in USERNAMES], arguments.silent
    )
    floor = Contender(
        "floor", site.floor_tree, [site.floor_sign_in() for _ in USERNAMES], arguments.silent
    )
    password = Contender(
        "password",
        site.tree,
        [site.password_sign_in(name) for name in USERNAMES],
        arguments.password,
    )
    argon2 = BareArgon2(site.argon2_cost(), arguments.password, len(USERNAMES))
    others = [_beside(peer, arguments.silent) for peer in peers]
    contenders: tuple[Contender | BareArgon2, ...] = (silent, *others, floor, password, argon2)
    for number in range(arguments.rounds + 1):
        for contender in contenders:
            contender.run_round()
            if number == 0:  # imports, caches and prepared statements
                contender.milliseconds.clear()
        print(f"round {number} of {arguments.rounds}", file=sys.stderr)
    loaded = site.tree.largest_worker()
    weight = page_weight(site.browser(), _sign_in_path(site))
    statements = _count_statements(site)
    memory_kib, passes, lanes = site.argon2_cost()
    return Report(
        silent_ms=silent.median,
        floor_ms=floor.median,
        password_ms=password.median,
        argon2_ms=argon2.median,
        argon2_parameters=f"m={memory_kib} KiB, t={passes}, p={lanes}",
        silent_statements=statements[0],
        password_statements=statements[1],
        page_statements=statements[2],
        rest_rss=rest.rss,
        rest_pss=rest.pss,
        loaded_rss=loaded.rss,
        loaded_pss=loaded.pss,
        page_sent=weight.sent,
        page_unpacked=weight.unpacked,
        first_run_seconds=runs[0],
        next_run_seconds=runs[1],
        peers=tuple(
            BesidePeer(peer.name, peer.alg, other.median, _ratio(silent, other))
            for peer, other in zip(peers, others, strict=True)
        ),
    )


def _beside(peer: Peer, count: int) -> Contender:
    lanes = [peer.silent_sign_in() for _ in USERNAMES]
    return Contender(peer.name, peer.tree, lanes, count)


def _ratio(ours: Contender, other: Contender) -> Spread:
    """Our CPU to the other's, round by round: what keeps the machine busy hits both alike."""
    pairs = zip(ours.milliseconds, other.milliseconds, strict=True)
    return Spread.of([mine / its for mine, its in pairs])


def _sign_in_path(site: Site) -> str:
    return site.password_sign_in(USERNAMES[0]).wiki.authorization_path(Request.new())


def _count_statements(site: Site) -> tuple[int, int, int]:
    """Medians for a silent sign-in, a password sign-in, and the page before the latter.

    What a process remembers for seconds (wikis, keys) is warm in most flows.
    """
    silent = site.silent_sign_in(USERNAMES[0])
    password = site.password_sign_in(USERNAMES[0])
    counter = StatementCounter(site.server, site.database_log)

    def median(act: Callable[[], None], before: Callable[[], None] = lambda: None) -> int:
        counts = []
        for _ in range(_FLOWS_COUNTED):
            before()
            counts.append(counter.count(act))
        return int(statistics.median(counts))

    return (
        median(silent),
        median(password, before=lambda: password.prepare(1)),
        median(lambda: password.prepare(1)),
    )


if __name__ == "__main__":
    sys.exit(main())
