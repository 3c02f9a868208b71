"""The numbers of several worker processes are one answer."""

import os
import subprocess
import sys
from pathlib import Path

WORKER = """
import os
from django.conf import settings
settings.configure(STATIC_URL="/static/", TRUSTED_PROXIES=[], METRICS_NETWORKS=["127.0.0.1/32"])
from django.test import RequestFactory
from authsite import metrics
request = RequestFactory().get("/page")
for _ in range(int(os.environ["TIMES"])):
    metrics.observe(request, 200, "/page", 0.01)
if os.environ["TIMES"] == "0":
    print(metrics.metrics(request=RequestFactory().get("/metrics")).content.decode())
"""


def run_worker(folder: Path, times: int) -> str:
    """Be one worker that answers `times` requests; with none, be the one that is scraped."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "TIMES": str(times)}
    done = subprocess.run(
        [sys.executable, "-c", WORKER],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    return done.stdout


def test_metrics_of_several_processes_are_added_up(tmp_path: Path) -> None:
    """Whichever worker is scraped, it answers for all of them."""
    run_worker(tmp_path, 3)
    run_worker(tmp_path, 4)
    line = 'authsite_requests_total{method="GET",route="/page",status="200"} 7.0'
    assert line in run_worker(tmp_path, 0)
