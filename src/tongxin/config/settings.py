"""Settings for every environment, read from the environment with safe defaults.

Nothing here is specific to one district: what a district may choose stands in
``TONGXIN`` and can be overridden by a JSON file named in ``TONGXIN_CONFIG``.
"""

import json
import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from tongxin.core.embedded import database_config, home
from tongxin.core.logs import configuration, configure_structlog

PACKAGE = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


HOME = home()
PRODUCTION = _flag("TONGXIN_PRODUCTION")
DEMO = _flag("TONGXIN_DEMO")
DEBUG = _flag("TONGXIN_DEBUG")
if PRODUCTION and (DEMO or DEBUG):
    # The demo lets anybody step into any role: a live district must not be able to start with it.
    raise ImproperlyConfigured(
        "TONGXIN_DEMO and TONGXIN_DEBUG cannot be set together with TONGXIN_PRODUCTION."
    )


def _secret(name: str) -> str:
    """Read a secret from the environment; outside production keep a generated one in the data folder."""
    value = os.environ.get(name, "")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    kept = HOME / f"{name.lower()}.txt"
    try:
        return kept.read_text()
    except FileNotFoundError:
        import secrets

        HOME.mkdir(parents=True, exist_ok=True)
        value = secrets.token_urlsafe(50)
        try:
            with kept.open("x") as out:
                kept.chmod(0o600)
                out.write(value)
        except FileExistsError:
            return kept.read_text()
        return value


SECRET_KEY = _secret("SECRET_KEY")
# Contacts are sealed with these; the first seals, all of them open (rotation: put the new one first).
CONTACT_KEYS = [key for key in _secret("TONGXIN_CONTACT_KEYS").split(",") if key]
ALLOWED_HOSTS = [h for h in os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
# The proxy in front whose X-Forwarded headers the server believes; the address in REMOTE_ADDR is then the client's.
TRUSTED_PROXY = os.environ.get("TONGXIN_TRUSTED_PROXY", "")
METRICS_TOKEN = os.environ.get("TONGXIN_METRICS_TOKEN", "")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "template_partials",
    "django_htmx",
    "rules",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "tongxin.core",
    "tongxin.accounts",
    "tongxin.directory",
    "tongxin.deliberation",
    "tongxin.outcomes",
    "tongxin.notices",
    "tongxin.matters",
    "tongxin.duty",
    "tongxin.site",
]

MIDDLEWARE = [
    "tongxin.core.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tongxin.core.pagecache.PageCacheMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tongxin.accounts.middleware.StaffSessionMiddleware",
    "tongxin.site.middleware.PresentationMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Django's own widgets as Jinja templates: a page with a form is mostly widgets, and these are drawn several times as fast.
FORM_RENDERER = "django.forms.renderers.Jinja2"
ROOT_URLCONF = "tongxin.config.urls"
WSGI_APPLICATION = "tongxin.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tongxin.site.context.site",
                "tongxin.notices.selectors.inbox_context",
            ],
            "builtins": [
                "tongxin.site.templatetags.tongxin",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]

_DATABASE = database_config()
DATABASES = {
    "default": _DATABASE
    | {
        "ENGINE": "tongxin.core.database",
        # A pool keeps one connection a thread; with it CONN_MAX_AGE must be 0.
        "OPTIONS": _DATABASE.get("OPTIONS", {})
        | {
            "pool": {"min_size": 1, "max_size": int(os.environ.get("TONGXIN_POOL", "8")), "timeout": 20},
            # Statements that come again and again are planned once a connection (core.prepared). 0 for a connection
            # pooler between here and the database that can't keep them.
            "prepare_threshold": int(os.environ.get("TONGXIN_PREPARE", "5")) or None,
        },
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # after a restart of the database the pool's old connections are dead
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    # Each process has its own: pages and choices, which any process can make again.
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}},
    # One for all: how often somebody tried to sign in, and which one-time codes are used up (accounts.apps).
    "shared": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_sharedcache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
PAGE_CACHE = _flag("TONGXIN_PAGE_CACHE", True)  # off only to measure pages themselves

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/work/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tongxin.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_ADAPTER = "tongxin.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tongxin"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # attempts are forgotten after a success; the audit needs them
AXES_LOCKOUT_CALLABLE = "tongxin.accounts.views.locked_out"
AXES_HTTP_RESPONSE_CODE = 429
AXES_CLIENT_IP_CALLABLE = "tongxin.accounts.adapter.client_address"

SESSION_ENGINE = "tongxin.core.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tongxin.site.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = _flag("TONGXIN_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = os.environ.get("TONGXIN_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("TONGXIN_STATIC", HOME / "static"))
STATICFILES_DIRS = [path for path in [PACKAGE / "site" / "vendor"] if path.is_dir()]
MEDIA_ROOT = HOME / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "tongxin.core.staticfiles.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = 40  # more than any form takes, so that the form itself can say "at most six"

SILENCED_SYSTEM_CHECKS = [
    "axes.W003",  # lock-out runs through the standalone backend above
]

# What a district decides for itself. Days are working days unless the name says otherwise.
TONGXIN: dict[str, Any] = {
    "district_name": "天心区",
    "slogan": "有事好商量",
    "time_zone": TIME_ZONE,
    "digest": os.environ.get("TONGXIN_DIGEST", "sha256"),  # or sm3
    "clocks": {},  # state name -> working days, overriding the process table
    # Working days after a due date at which more people hear of it: the unit's head, the office, the principals;
    # then again every so often to whoever has it and the office. 0 leaves a rung out.
    "escalation": {"head": 1, "office": 3, "principal": 5, "again_every": 5, "again_times": 8},
    "notice_before_meeting": 5,
    "minutes_after_meeting": 5,
    "objection_days": 5,
    "low_score": 2,  # a result of this or less reopens, as "not solved" does
    "reopens_by_right": 1,
    "urge_days": 5,  # a raiser may urge once in so many days, and only when it is overdue
    "undo_minutes": 15,  # so long what was done to several matters at once can be undone
    "photo_limit": 6,
    "photo_bytes": 10 * 1024 * 1024,
    # Per client address; a community behind one address must not be shut out, and the demo is there to be tried hard.
    "raise_per_hour": 20_000 if DEMO else 600,
    "staff_idle_minutes": 60,
    "staff_second_factor": not DEMO,
    # How people are told: concern -> channel -> rhythm (now, daily, weekly, never), where they chose nothing themselves.
    # Channels other than the inbox need a verified address; by default WeChat takes the place of text messages.
    "notice_defaults": {
        "duty": {"inbox": "now", "email": "daily"},
        "clock": {"inbox": "now", "sms": "now", "wechat": "now"},
        "own": {"inbox": "now", "sms": "now", "wechat": "now"},
        "followed": {"inbox": "daily"},
    },
    "waking_hours": [
        "08:00",
        "20:00",
    ],  # local time; nothing that rings leaves outside them but one-time codes
    "digest_at": "08:30",  # daily on working days, weekly on Monday or the working day after it
    "fold_over": 5,  # more messages than this at once to one person by one channel leave as one; 0: never
    "delivery_tries": 10,  # then a message is a dead letter, for the office to send again or drop
    "delivery_threads": 8,  # messages a worker has under way at once
    "desk_answer_minutes": 30,  # on line duty answers within so many minutes, counted in duty hours
    "desk_close_days": 15,  # a conversation that nobody goes on with is closed after so many days
    "duty_scores": None,  # rules of docs/record.md; None: no scores anywhere
    "base_url": os.environ.get("TONGXIN_BASE_URL", ""),  # https://… before the paths in messages
    # Who carries messages outside, in the order in which they are asked; see docs/notices.md.
    "channels": json.loads(os.environ.get("TONGXIN_CHANNELS") or "[]"),
}
if os.environ.get("TONGXIN_CONFIG"):
    TONGXIN |= json.loads(Path(os.environ["TONGXIN_CONFIG"]).read_text())

# One line a request and a job; in the demo they would bury what the terminal tells people.
LOGGING = configuration(
    os.environ.get("TONGXIN_LOG_LEVEL", "WARNING"), is_each_told=_flag("TONGXIN_LOG_REQUESTS", not DEMO)
)
configure_structlog()
PROCRASTINATE_ON_APP_READY = None
