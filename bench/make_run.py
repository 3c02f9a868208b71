"""How long `make run` takes to a served page where the virtual environment is there already."""

from pathlib import Path

from bench.demo_run import demo_folder, running_demo
from demo.processes import Probe


def seconds_to_a_page() -> tuple[float, float]:
    """Give the seconds of a first run, which makes databases and accounts, and of a second."""
    with demo_folder() as folder:
        return _run_once(folder), _run_once(folder)


def _run_once(folder: Path) -> float:
    with running_demo(folder, {}) as demo:
        return demo.wait_until(Probe("auth.localhost", demo.place.port, "/login").answers)
