"""Runs an Apache with mod_auth_openidc by the lines of docs/wikis/mod_auth_openidc.md.

Debian's packages; where they are missing and may be installed, they are: without `apache2` itself,
which would bring a service with it. Behind Apache is a page that shows `REMOTE_USER` and no more.
"""

import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from demo import apt
from demo.processes import Probe, Program, Supervisor
from tests.conformance.site import Client, Site, free_port
from tests.conformance.wiki_pages import WikiPage

_PACKAGES: Final = ("apache2-bin", "libapache2-mod-auth-openidc")
_PROGRAM: Final = Path("/usr/sbin/apache2")
_MODULES: Final = Path("/usr/lib/apache2/modules")
_MODULE: Final = _MODULES / "mod_auth_openidc.so"
_PAGE: Final = "mod_auth_openidc.md"
_WIKI: Final = "https://old.wiki.example.org"
_CLIENT_ID: Final = "old-wiki-1a2b3c4d"
# The files that the page names; here they are all in the folder of the test.
_DOCUMENTED: Final = (
    Path("/etc/apache2/authsite-secret.conf"),
    Path("/etc/apache2/oidc-passphrase"),
    Path("/var/www/signed-out.html"),
)
_LOADED: Final = (
    "mpm_event",
    "ssl",
    "authn_core",
    "authz_core",
    "authz_user",
    "mime",
    "dir",
    "alias",
    "filter",
    "include",
    "auth_openidc",
)
# What any Apache needs, and what only this one does: to trust a certificate that is nobody's.
_CONFIGURATION: Final = """\
{modules}
ServerName localhost
Listen 127.0.0.1:{port} https
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn auth_openidc:info
# Heeded where root starts it.
User #65534
Group #65534
TypesConfig /dev/null
AddType text/html .html
DocumentRoot {folder}/wiki
DirectoryIndex index.html
<Directory {folder}/wiki>
    Options +Includes
    SetOutputFilter INCLUDES
    FallbackResource /index.html
</Directory>
OIDCCABundlePath {folder}/trusted.pem
<VirtualHost 127.0.0.1:{port}>
SSLEngine on
SSLCertificateFile {bundle}
{lines}
</VirtualHost>
"""
_SHOWN: Final = '<p id="remote-user"><!--#echo var="REMOTE_USER" --></p>\n'
_PROTECTED: Final = re.compile(r"^<Location />\n.*?^</Location>\n", re.MULTILINE | re.DOTALL)
_CERTIFICATE_ENDS: Final = "-----END CERTIFICATE-----\n"


class ApacheMissing(Exception):
    """No Apache with mod_auth_openidc on this machine, and none may be installed by us."""


def installed() -> None:
    """Make sure that there is an Apache with mod_auth_openidc. Raises ApacheMissing."""
    if _PROGRAM.exists() and _MODULE.exists():
        return
    if not apt.can_install():
        raise ApacheMissing(
            f"Apache's mod_auth_openidc is not run: {_MODULE} is missing, and to install it"
            f" ({' '.join(_PACKAGES)}) takes Debian and root"
        )
    assert apt.install(*_PACKAGES), "apt-get could not install Apache; it says above why"
    assert _MODULE.exists(), f"{_MODULE} is not where Debian has it"


@contextmanager
def running(site: Site, *, with_readers: bool = False) -> Iterator[str]:
    """Registers it by the page, starts it by the page's virtual host, and stops it at the end.

    Gives its origin. With readers, by what the page has for them.
    """
    port = free_port()
    origin = f"https://localhost:{port}"
    page = WikiPage(_PAGE, documented=_WIKI, origin=origin)
    client = page.register(site)
    # Not below the other files of the test: Apache's workers are nobody, and must come here.
    folder = Path(tempfile.mkdtemp(prefix="authsite-apache-"))
    supervisor = Supervisor(folder)
    try:
        host = page.block("apache", "OIDCClientID")
        if with_readers:
            host, replaced = _PROTECTED.subn(page.block("apache", "OIDCUnAuthAction"), host)
            assert replaced == 1
        lines = page.settings(site, client, host, client_id=_CLIENT_ID)
        _furnish(folder, site, client, port, lines)
        supervisor.start(_program(folder, port))
        supervisor.wait_until_ready()
        yield origin
    finally:
        supervisor.stop()
        if (folder / "error.log").exists():
            # Where a test fails, this is why.
            sys.stderr.write((folder / "error.log").read_text(encoding="utf-8"))
        shutil.rmtree(folder)


def _program(folder: Path, port: int) -> Program:
    return Program(
        "apache",
        [str(_PROGRAM), "-d", str(folder), "-f", str(folder / "apache.conf"), "-DFOREGROUND"],
        {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        folder / "apache.log",
        Probe("localhost", port, "/signed-out", tls=True),
    )


def _furnish(folder: Path, site: Site, client: Client, port: int, lines: str) -> None:
    folder.chmod(0o711)
    (folder / "wiki").mkdir()
    (folder / "wiki").chmod(0o755)
    certificate, end, _key = site.bundle.read_text(encoding="utf-8").partition(_CERTIFICATE_ENDS)
    for name, text in (
        ("wiki/index.html", _SHOWN),
        ("signed-out.html", "<p>signed out</p>\n"),
        ("trusted.pem", certificate + end),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o644)
    for name, secret in (
        ("authsite-secret.conf", f'OIDCClientSecret "{client.secret}"\n'),
        ("oidc-passphrase", secrets.token_urlsafe(32)),
    ):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secret, encoding="utf-8")
    for documented in _DOCUMENTED:
        assert str(documented) in lines, f"the page says no {documented}"
        lines = lines.replace(str(documented), str(folder / documented.name))
    modules = "\n".join(f"LoadModule {one}_module {_MODULES}/mod_{one}.so" for one in _LOADED)
    configuration = _CONFIGURATION.format(
        folder=folder, port=port, bundle=site.bundle, modules=modules, lines=lines
    )
    (folder / "apache.conf").write_text(configuration, encoding="utf-8")
