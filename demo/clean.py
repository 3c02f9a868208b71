"""`make clean`: removes everything the demo keeps, also where root's PostgreSQL keeps it.

Runs on the system's Python, before or after there is a virtual environment.
"""

import os
import shutil
import sys
from pathlib import Path

from demo.postgres_home import elsewhere, is_in_use


def main() -> int:
    """Remove the state; exit status 1 with one line while the demo still runs."""
    folder = Path(os.environ.get("AUTHSITE_VAR", "var"))
    for home in (folder / "postgres", elsewhere(folder / "postgres")):
        if is_in_use(home):
            print("`make run` still runs: stop it first.", file=sys.stderr)
            return 1
        shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
