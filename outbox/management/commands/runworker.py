"""`manage.py runworker`: the worker process."""

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy as _

from outbox.mail import connection_to
from outbox.worker import THREADS, Worker
from vault.connection import close_pools


class Command(BaseCommand):
    """Sends what waits in the outbox until it is told to stop."""

    help = str(_("Send letters and logouts that wait in the outbox, and do what recurs."))
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the ways to end by itself, for tests and for emptying by hand."""
        parser.add_argument("--threads", type=int, default=THREADS)
        until = parser.add_mutually_exclusive_group()
        until.add_argument("--once", action="store_true", help="do one batch, then end")
        until.add_argument("--drain", action="store_true", help="work until nothing is due")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker; SIGTERM and SIGINT let it finish what runs.

        Raises ImproperlyConfigured when letters have no way out.
        """
        connection_to(settings.MAIL_URL)  # or every letter would find out for itself
        worker = Worker(threads=options["threads"])

        def stop(_number: int, _frame: FrameType | None) -> None:
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        try:
            if options["once"] or options["drain"]:
                done = worker.run_once() if options["once"] else worker.drain()
                self.stdout.write(f"Worker: {done} jobs tried.")
                return
            self.stdout.write("Worker: started.")
            self.stdout.flush()
            worker.run()
            self.stdout.write("Worker: stopped; what ran is finished, the rest is given back.")
        finally:
            close_pools()
