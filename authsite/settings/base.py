"""Settings for production: safe values, the rest from the environment (see .env.example).

What is missing or unsafe stops the start, one clear line each.
"""

from pathlib import Path

from authsite import policies, roles
from authsite.logs import logging_settings
from authsite.settings.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Environment()
ROLE = env.role

# What is not production, and the hosts that it may serve: names that are nobody's (RFC 6761).
_PLAYGROUNDS = {
    "authsite.settings.dev": ("localhost",),
    "authsite.settings.test": ("localhost", "example.org"),
}
_hosts = _PLAYGROUNDS.get(env.text("DJANGO_SETTINGS_MODULE", ""), ())
# For http on *.localhost.
LOOPBACK_HTTP = bool(_hosts)

# --- Who we are
_issuer = env.origin("AUTHSITE_ISSUER", loopback_http=LOOPBACK_HTTP, only_below=_hosts)
ISSUER = f"{_issuer.scheme}://{_issuer.netloc}"
OPERATOR_URL = ""
if ROLE in (roles.OPERATOR, roles.OWNER, roles.WORKER):
    _operator = env.origin("AUTHSITE_OPERATOR_URL", loopback_http=LOOPBACK_HTTP, only_below=_hosts)
    OPERATOR_URL = f"{_operator.scheme}://{_operator.netloc}"
    if _operator.netloc and _operator.netloc == _issuer.netloc:
        env.fault("AUTHSITE_OPERATOR_URL must differ from AUTHSITE_ISSUER: it is its own site")
SITE_NAME = env.text("AUTHSITE_SITE_NAME", "authsite")
SUPPORT = env.text("AUTHSITE_SUPPORT", "")
_own = _operator if ROLE == roles.OPERATOR else _issuer
ALLOWED_HOSTS = [_own.hostname or ""]
# Absolute addresses come from here, never from the request.
OWN_ORIGIN = f"{_own.scheme}://{_own.netloc}"

# --- Secrets: this role's, and what refuses in place of the others'
SECRET_KEY = env.secret_key("AUTHSITE_SECRET_KEY")
PEPPER_KEYS = env.ring("AUTHSITE_PEPPER_KEYS")
FLOW_KEYS = env.ring("AUTHSITE_FLOW_KEYS")
SESSION_KEYS = env.ring("AUTHSITE_SESSION_KEYS")
OPERATOR_SESSION_KEYS = env.ring("AUTHSITE_OPERATOR_SESSION_KEYS")
OPERATOR_KEYS = env.ring("AUTHSITE_OPERATOR_KEYS")
SIGNING_KEYS = env.ring("AUTHSITE_SIGNING_KEYS")
ADDRESS_KEYS = env.ring("AUTHSITE_ADDRESS_KEYS")
ADDRESS_LOOKUP_KEYS = env.ring("AUTHSITE_ADDRESS_LOOKUP_KEYS")
CREDENTIAL_KEYS = env.ring("AUTHSITE_CREDENTIAL_KEYS")
PASSKEY_KEYS = env.ring("AUTHSITE_PASSKEY_KEYS")
WIKI_KEYS = env.ring("AUTHSITE_WIKI_KEYS")
MAIL_KEYS = env.ring("AUTHSITE_MAIL_KEYS")
EVENT_KEYS = env.ring("AUTHSITE_EVENT_KEYS")
RING_HOLDERS = roles.RING_HOLDERS  # for rotatekeys: which ring is whose
RINGS_DERIVED = {  # and which follows which: the ring's holders, its source, the purpose
    name: (roles.SECRETS[name], *derived) for name, derived in roles.DERIVED_RINGS.items()
}

# --- Stores
VAULT_URL = env.secret("VAULT_URL")
# Whether rows without a MAC are of before there were MACs: said by the owner, once, or never.
VOUCH_FOR_ROWS = ROLE == roles.OWNER and env.text("AUTHSITE_VOUCH_FOR_ROWS", "") == "yes"
VAULT_POOL_SIZE = env.number("AUTHSITE_VAULT_POOL_SIZE", 4, most=100)
VAULT_POOL_TIMEOUT = env.number("AUTHSITE_VAULT_POOL_TIMEOUT", 5, most=60)
_vault_database = env.database("VAULT_URL")
SEAL_STORE = ""  # where the worker hands the audit trail's seals, and a restore reads
if ROLE in (roles.WORKER, roles.OWNER):
    SEAL_STORE = env.folder("AUTHSITE_SEAL_STORE", needed=ROLE == roles.WORKER)
DATABASES = {}
if ROLE != roles.WORKER:
    DATABASES["default"] = env.database("DATABASE_URL")
if ROLE in (roles.OPERATOR, roles.OWNER):
    # The operator reads views; the owner migrates. Everything else goes through vault.connection.
    DATABASES["vault"] = _vault_database
DATABASE_ROUTERS = ["authsite.routers.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_redis = env.redis("REDIS_URL")
if isinstance(_redis, str) and _redis:
    CACHES = {"default": {"BACKEND": "authsite.counters.RedisCounters", "LOCATION": _redis}}
elif ROLE == roles.WORKER:  # counts nothing
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
else:
    # Its LOCATION is an alias of DATABASES.
    CACHES = {"default": {"BACKEND": "authsite.counters.PostgreSQLCounters", "LOCATION": "default"}}

# --- Applications
INSTALLED_APPS = [
    "authsite",
    "accounts",
    "twofactor",
    "sso",
    "outbox",
    "vault",
    "csp",
    "django_otp",
    "django_ratelimit",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
]
if ROLE in (roles.OPERATOR, roles.OWNER):
    # Without discovery: the one admin site is emergency/admin.py's, and the owner loads no page.
    INSTALLED_APPS += [
        "emergency",
        "django.contrib.messages",
        "django.contrib.admin.apps.SimpleAdminConfig",
    ]
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS: list[str] = []  # Django itself signs nobody in
ROOT_URLCONF = "emergency.urls" if ROLE == roles.OPERATOR else "authsite.urls"
WSGI_APPLICATION = "authsite.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "authsite.context_processors.site",
                *(
                    ["django.contrib.messages.context_processors.messages"]
                    if ROLE == roles.OPERATOR
                    else []
                ),
            ],
        },
    },
]

# --- Languages and time
LANGUAGE_CODE = "en"
# Each by its own name. The operator's site speaks English alone: it has no translation, and half
# a one would be worse.
LANGUAGES = [("en", "English")]
if ROLE != roles.OPERATOR:
    LANGUAGES += [("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "authsite.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- Numbers of the design (docs/limits.md); the vault has upper bounds of its own
ARGON2_MEMORY_KIB = env.number("AUTHSITE_ARGON2_MEMORY_KIB", 19456, least=19456, most=4194304)
ARGON2_TIME_COST = env.number("AUTHSITE_ARGON2_TIME_COST", 2, least=2, most=100)
ARGON2_PARALLELISM = env.number("AUTHSITE_ARGON2_PARALLELISM", 1, most=16)
HASHING_SLOTS = env.number("AUTHSITE_HASHING_SLOTS", 2, most=64)
HASHING_PATIENCE = env.number("AUTHSITE_HASHING_PATIENCE", 5, most=60)
PASSWORD_MIN_LENGTH = 15
PASSWORD_MIN_LENGTH_WITH_SECOND_FACTOR = 8
PASSWORD_MAX_BYTES = 4096
FLOW_SECONDS = env.number("AUTHSITE_FLOW_SECONDS", 30 * 60, most=86400)
SESSION_IDLE_SECONDS = env.number("AUTHSITE_SESSION_IDLE_SECONDS", 12 * 3600)
SESSION_ABSOLUTE_SECONDS = env.number("AUTHSITE_SESSION_ABSOLUTE_SECONDS", 24 * 3600)
KEPT_SESSION_IDLE_SECONDS = env.number("AUTHSITE_KEPT_SESSION_IDLE_SECONDS", 30 * 86400)
KEPT_SESSION_ABSOLUTE_SECONDS = env.number("AUTHSITE_KEPT_SESSION_ABSOLUTE_SECONDS", 365 * 86400)
OPERATOR_SESSION_IDLE_SECONDS = env.number("AUTHSITE_OPERATOR_SESSION_IDLE_SECONDS", 15 * 60)
OPERATOR_SESSION_ABSOLUTE_SECONDS = env.number(
    "AUTHSITE_OPERATOR_SESSION_ABSOLUTE_SECONDS", 8 * 3600
)
# 0: nobody may trust a browser; else for how long a code is not asked for in a trusted one
TRUSTED_BROWSER_DAYS = env.number("AUTHSITE_TRUSTED_BROWSER_DAYS", 0, least=0, most=90)
ACCESS_TOKEN_SECONDS = env.number("AUTHSITE_ACCESS_TOKEN_SECONDS", 600, most=3600)
ID_TOKEN_SECONDS = env.number("AUTHSITE_ID_TOKEN_SECONDS", 600, most=3600)
SITE_WORDS = env.words("AUTHSITE_SITE_WORDS")
# Names that wikis of this family keep for themselves, besides MediaWiki's own
RESERVED_USERNAMES = env.words("AUTHSITE_RESERVED_USERNAMES")
USERNAME_PREFIXES = env.words("AUTHSITE_USERNAME_PREFIXES")

# --- Limits per network; the vault's budgets are apart, and are not settings
RATE_SIGN_IN = env.rate("AUTHSITE_RATE_SIGN_IN", "30/m")
RATE_SIGN_UP = env.rate("AUTHSITE_RATE_SIGN_UP", "20/h")
RATE_PASSWORD = env.rate("AUTHSITE_RATE_PASSWORD", "20/m")
RATE_LETTERS = env.rate("AUTHSITE_RATE_LETTERS", "20/h")
RATE_TOKEN = env.rate("AUTHSITE_RATE_TOKEN", "60/m")
RATE_OPERATOR = env.rate("AUTHSITE_RATE_OPERATOR", "10/m")
TRUSTED_PROXIES = env.networks("AUTHSITE_TRUSTED_PROXIES")
METRICS_NETWORKS = env.networks("AUTHSITE_METRICS_NETWORKS", "127.0.0.0/8,::1/128")
OUTBOUND_ALLOW = env.networks("AUTHSITE_OUTBOUND_ALLOW")
RATELIMIT_ENABLE = True

# --- Mail: the worker's alone
MAIL_URL = env.mail("AUTHSITE_MAIL_URL")
DEFAULT_FROM_EMAIL = env.text("AUTHSITE_MAIL_FROM", "" if ROLE != roles.WORKER else None)

# --- Alerts: whom the worker writes to, and from how many in ten minutes on; the vault bounds them
ALERT_MAIL = env.addresses("AUTHSITE_ALERT_MAIL") if ROLE == roles.WORKER else []
ALERT_THRESHOLDS = {
    "failures_over_accounts": env.number("AUTHSITE_ALERT_FAILURES_OVER_ACCOUNTS", 100, most=100000),
    "one_network_many_names": env.number("AUTHSITE_ALERT_ONE_NETWORK_MANY_NAMES", 20, most=10000),
    "right_password_wrong_factor": env.number(
        "AUTHSITE_ALERT_RIGHT_PASSWORD_WRONG_FACTOR", 5, most=50
    ),
    "factor_openings": env.number("AUTHSITE_ALERT_FACTOR_OPENINGS", 200, most=100000),
    "token_requests": env.number("AUTHSITE_ALERT_TOKEN_REQUESTS", 60, most=100000),
    "usual_times": env.number("AUTHSITE_ALERT_USUAL_TIMES", 5, most=100),
    "sign_count_back": env.number("AUTHSITE_ALERT_SIGN_COUNT_BACK", 1, most=100),
    "assertions_replayed": env.number("AUTHSITE_ALERT_ASSERTIONS_REPLAYED", 1, most=100),
    "unjudged": env.number("AUTHSITE_ALERT_UNJUDGED", 3, most=1000),
    "rows_refused": env.number("AUTHSITE_ALERT_ROWS_REFUSED", 1, most=10),
    "dead_letters": env.number("AUTHSITE_ALERT_DEAD_LETTERS", 3, most=10000),
    "outbox_behind": env.number("AUTHSITE_ALERT_OUTBOX_BEHIND", 10, most=100000),
}

# --- Cookies: all of them __Host-; Chromium takes Secure cookies on http://*.localhost too
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
# Whether sessions remember a coarse network, for their owner's page: a /24, or a /48 of IPv6.
KEEP_NETWORKS = env.number("AUTHSITE_KEEP_NETWORKS", 1, least=0, most=1) == 1
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

SESSION_COOKIE_SECURE = True  # Django's messages go by it, on the operator's site
MESSAGE_STORAGE = "emergency.cookies.MessageStorage"

# --- The edge (authsite/middleware.py says why in this order)
MIDDLEWARE = [
    "authsite.middleware.RequestContext",
    "authsite.middleware.ResponseHeaders",
    "authsite.middleware.ContentSecurityPolicy",
    "authsite.limits.RequestLimits",
    "authsite.middleware.RedirectToHttps",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "authsite.language.LanguageMiddleware",
    *(["accounts.middleware.SessionMiddleware"] if ROLE == roles.WEB else []),
    "django.middleware.csrf.CsrfViewMiddleware",
    *(
        [
            "emergency.middleware.OperatorMiddleware",
            "emergency.middleware.OperatorDeviceMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        if ROLE == roles.OPERATOR
        else []
    ),
    "authsite.middleware.Problems",
]
CSRF_FAILURE_VIEW = "authsite.problems.csrf_failure"
CONTENT_SECURITY_POLICY = policies.content_security_policy(trusted_types=ROLE != roles.OPERATOR)
SECURE_SSL_REDIRECT = _own.scheme == "https"
SECURE_SSL_HOST = _own.netloc
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # probes come without TLS
SECURE_HSTS_SECONDS = policies.HSTS_SECONDS if SECURE_SSL_REDIRECT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 0
WHITENOISE_ALLOW_ALL_ORIGINS = False
SILENCED_SYSTEM_CHECKS = [
    # Redirect and headers are authsite/middleware.py's (tests/web/test_headers.py).
    "security.W001",
    "security.W002",
    # django-ratelimit's list of caches that count atomically cannot know ours, which does
    # (tests/database/test_counters.py), nor Django's own for Redis.
    "django_ratelimit.W001",
    # The preload list takes registrable domains; that promise isn't this site's to make.
    "security.W021",
]
if ROLE == roles.WORKER:
    SILENCED_SYSTEM_CHECKS.append("django_ratelimit.E003")  # it limits nobody
if ROLE == roles.OPERATOR:
    # Who operates is in the vault: emergency/middleware.py stands in place of Django's sessions
    # and authentication, whose rows in the site database would have authority.
    SILENCED_SYSTEM_CHECKS += ["admin.E408", "admin.E410"]
if ROLE == roles.OWNER:
    # It migrates the admin's tables and serves none of its pages.
    SILENCED_SYSTEM_CHECKS += ["admin.E404", "admin.E408", "admin.E409", "admin.E410"]

LOGGING = logging_settings(ROLE)
LOGGING_CONFIG = "logging.config.dictConfig"

env.refuse_if_faulty()
