"""`make bench BENCH_ARGS=--endings`: how soon what ends has ended.

First every session of the site at once, where few are open and where many are; then one session,
at the wikis that were signed in to by it.
"""

import argparse
import sys
from contextlib import closing

from bench.endings_report import EndingsReport
from bench.everybody_out import OpenSessions
from bench.two_wikis import sign_out_times
from bench.vault_site import running_vaults


def add_arguments(parser: argparse._ArgumentGroup) -> None:
    """What --endings can be told besides the sizes of the vaults, which --vault has as well."""
    parser.add_argument("--sign-outs", type=int, default=50, help="sign-outs that wikis hear of")


def measure(arguments: argparse.Namespace) -> EndingsReport:
    """Fill both vaults, end everything, throw them away; then sign out in a demo."""
    with (
        running_vaults(arguments.accounts, arguments.large_accounts, arguments.shared_buffers) as (
            small,
            large,
        ),
        closing(OpenSessions(small)) as few,
        closing(OpenSessions(large)) as many,
    ):
        print("both vaults are filled", file=sys.stderr)
        for number in range(arguments.rounds + 1):
            few.run_round(number)
            many.run_round(number)
            print(f"endings, round {number} of {arguments.rounds}", file=sys.stderr)
    return EndingsReport.of(few.ended, many.ended, sign_out_times(arguments.sign_outs))
