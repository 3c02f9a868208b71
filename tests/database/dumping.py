"""Real dumps: PostgreSQL's own pg_dump, from the wheel that the embedded server comes from."""

import subprocess

from demo.postgres import Server
from demo.postgres_home import INSTALLATION, package_folder


def dump_of(server: Server, database: str) -> str:
    """A plain-text dump of a whole database, as the superuser takes it for a backup."""
    done = subprocess.run(
        [
            str(package_folder() / INSTALLATION / "bin" / "pg_dump"),
            "--dbname",
            server.dsn(database),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
