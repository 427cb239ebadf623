"""Settings come from the environment alone; architecture and README list the variables."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import environment
from portal.running import valkey
from portal.running.web.limits import LARGEST_BODY

BASE_DIR = Path(__file__).resolve().parent.parent

# Where it lives and how it is reached

PORTAL_DATA_DIR = environment.read_folder("PORTAL_DATA_DIR", BASE_DIR / "data", beside=BASE_DIR)
PORTAL_HOST = environment.read("PORTAL_HOST", "127.0.0.1")
PORTAL_PORT = environment.read_int("PORTAL_PORT", 8000, low=1, high=65535)
PORTAL_URL = environment.read_origin("PORTAL_URL", f"http://localhost:{PORTAL_PORT}")
PORTAL_TRUSTED_PROXIES = environment.read_int("PORTAL_TRUSTED_PROXIES", 0, low=0, high=9)
PORTAL_DEMO = environment.read("PORTAL_DEMO") == "1"
# Ultahost's own client area, for "open there" links; off unless set, as no API tells where it is.
PORTAL_PROVIDER_URL = environment.read("PORTAL_PROVIDER_URL")
if PORTAL_PROVIDER_URL:
    PORTAL_PROVIDER_URL = environment.read_url("PORTAL_PROVIDER_URL", "")

_public = urlsplit(PORTAL_URL)
_host = _public.hostname or ""
_https = _public.scheme == "https"
if _https and not PORTAL_TRUSTED_PROXIES:
    raise ImproperlyConfigured(
        "PORTAL_TRUSTED_PROXIES must say how many proxies stand before the portal, 1 or more,"
        " because PORTAL_URL begins with https://."
    )

ALLOWED_HOSTS = sorted({f"[{_host}]" if ":" in _host else _host, "localhost", "127.0.0.1", "[::1]"})
CSRF_FAILURE_VIEW = "portal.sign_in.stale_forms.stale_form"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# Data

_database_url = environment.read("DATABASE_URL")
_on_sqlite = not _database_url
_sqlite_file = PORTAL_DATA_DIR / "portal.sqlite3"
if _on_sqlite:
    environment.make_data_dir(PORTAL_DATA_DIR)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _sqlite_file,
            "CONN_MAX_AGE": 60,
            # Without IMMEDIATE, a transaction that reads and then writes fails at once beside another writer.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    if not _database_url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// (leave it empty for SQLite).")
    _database = environ.Env.db_url_config(_database_url)
    # A host that takes no packets would hold each request for two minutes.
    _database["OPTIONS"] = {"connect_timeout": 5} | _database.get("OPTIONS", {})
    DATABASES = {"default": _database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Both in the database: limits on guessing must outlive a dead broker. Signed JSON, and no pickles.
CACHES = {
    "default": {
        "BACKEND": "portal.running.caches.SignedCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    "live": {
        "BACKEND": "portal.running.caches.SignedCache",
        "LOCATION": "portal_cache_live",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# Secrets

SECRET_KEY = environment.read_secret("PORTAL_SECRET_KEY", PORTAL_DATA_DIR, generate=_on_sqlite)
ULTAHOST = {
    "MAY_SEND": "portal.access.may_still_send",
    "WORDS": "portal.wording.library.words",
    "API_URL": environment.read_url("ULTAHOST_API_URL", "https://bill.ultahost.com/client-api/v1"),
    "SEALING_KEYS": environment.sealing_keys(
        environment.read_secret(
            "PORTAL_SEALING_KEYS", PORTAL_DATA_DIR, generate=_on_sqlite, database=_sqlite_file
        )
    ),
    "HMAC_KEY": environment.read_secret(
        "PORTAL_HMAC_KEY", PORTAL_DATA_DIR, generate=_on_sqlite, database=_sqlite_file
    ).encode(),
}

# The applications

INSTALLED_APPS = [
    "portal",
    "ultahost_api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "portal.sign_in.usersessions.ListedSessionsConfig",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.Health",
    "portal.pages.compression.Compression",
    "portal.middleware.ShortWaits",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.Limits",
    "portal.middleware.ProxyChecks",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.SessionLimits",
    "portal.middleware.KnownDevices",
    "portal.middleware.SecondFactorRequired",
    "portal.middleware.Questions",
    "portal.middleware.LateForms",
    "portal.middleware.RightsOnce",
    "portal.middleware.Preferences",
    "portal.pages.directions.MarkDirections",
]
# What may be sent: forms, and never a file, which would be written to the disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY
# 500 selected rows, each with its years and of an account with a key and a payment method of its own.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_100
FILE_UPLOAD_HANDLERS: list[str] = []
TAG_LIBRARIES = [
    *("asks", "focus", "frame", "heroicons", "lists", "live", "needs", "parts", "provider", "same"),
    *("second_factor", "wording"),
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.frame",
            ],
            # Every template has their tags and filters without loading them.
            "builtins": [
                "django.templatetags.i18n",
                "template_partials.templatetags.partials",
                *(f"portal.templatetags.{name}" for name in TAG_LIBRARIES),
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# People

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
PASSWORD_HASHERS = ["portal.sign_in.hashing.PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 48 * 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "portal.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the admin who adds a person vouches for the address
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True  # closing the browser is not signing out; being away for long is
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.sign_in.link_tokens.LinkTokens"  # noqa: S105
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{_public.hostname}] "
ACCOUNT_FORMS = {
    "change_password": "portal.forms.sign_in.NewPasswordForm",
    "login": "portal.forms.sign_in.SignInForm",
    "reauthenticate": "portal.forms.sign_in.ConfirmByPasswordForm",
    "reset_password": "portal.forms.sign_in.ForgottenPasswordForm",
    "reset_password_from_key": "portal.forms.sign_in.ForgottenPasswordSetForm",
    "set_password": "portal.forms.sign_in.FirstPasswordForm",
}
ACCOUNT_RATE_LIMITS = {  # beside allauth's own
    "validate_key": "5/m/user",
    "share_link": "30/m/ip",
    "calendar_feed": "30/m/ip",
    "passkey_challenge": "30/m/ip",
}
# Long enough to pay a month's invoices in one sitting, too short for a browser that was left alone.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = PORTAL_TRUSTED_PROXIES

MFA_ALLOW_UNVERIFIED_EMAIL = True  # an admin vouched for it
MFA_ADAPTER = "portal.sign_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "portal.forms.second_factor.AppForm",
    "add_webauthn": "portal.forms.second_factor.PasskeyForm",
    "authenticate": "portal.forms.second_factor.CodeForm",
    "authenticate_webauthn": "portal.forms.second_factor.SecondPasskeyForm",
    "login_webauthn": "portal.forms.second_factor.SignInByPasskeyForm",
    "reauthenticate": "portal.forms.second_factor.ConfirmByCodeForm",
    "reauthenticate_webauthn": "portal.forms.second_factor.ConfirmByPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # periods before and after; forms/second_factor.py takes each code once
MFA_TOTP_ISSUER = f"Team portal {_host}"

EMAIL_URL = environment.read("EMAIL_URL")
EMAIL_TIMEOUT = 10  # seconds for each step of the mail server
if EMAIL_URL:
    try:
        vars().update(environ.Env.email_url_config(EMAIL_URL))
    except Exception:
        raise ImproperlyConfigured(
            "EMAIL_URL must be an address like smtp+tls://user:pass@host:587."
        ) from None
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)  # of every change to how one signs in
DEFAULT_FROM_EMAIL = environment.read("PORTAL_EMAIL_FROM", f"portal@{'localhost' if ':' in _host else _host}")

# Sessions, cookies and headers

SESSION_ENGINE = "portal.sign_in.session_store"
SESSION_COOKIE_AGE = 8 * 3600  # without a request; portal/sign_in/sessions.py ends the longest after 7 days
SESSION_COOKIE_NAME = "__Host-session" if _https else "portal_session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "portal_csrf"
DEVICE_COOKIE_NAME = "__Host-device" if _https else "portal_device"
SHARE_COOKIE_NAME = "__Secure-share" if _https else "portal_share"  # its path is the link's own page
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # the preload list are decisions about other people's hosts
    "security.W008",  # the proxy that ends TLS redirects; behind it every request is plain
]
if _https:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = False
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "frame-src": [SELF],  # mails and announcements, each a sandboxed document of its own
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Words, places and times

LANGUAGE_CODE = "en"
# Each by its own name, as people look for theirs.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("tr", "Türkçe")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.read("PORTAL_TIME_ZONE", "UTC")
try:
    environment.check_time_zone(TIME_ZONE)
except KeyError:
    raise ImproperlyConfigured(
        f"PORTAL_TIME_ZONE must be a name like Europe/Berlin, not {TIME_ZONE!r}."
    ) from None

# Static files

STATIC_URL = "/static/"
# Beside the code, where the image has them; a checkout that cannot be written has them in its data folder.
STATIC_ROOT = BASE_DIR / "build" / "static"
if not os.access(BASE_DIR, os.W_OK) and not STATIC_ROOT.exists():
    STATIC_ROOT = PORTAL_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.running.static_files.JoinedStaticFiles"},
}

# The queue only says that work is due: nothing that must survive stands in it

REDIS_URL = environment.read("REDIS_URL")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis:// (leave it empty for the embedded Valkey).")
CELERY_BROKER_URL = REDIS_URL or valkey.broker_url(PORTAL_DATA_DIR)

# What it says

PORTAL_LOG_LEVEL = environment.read("PORTAL_LOG_LEVEL", "INFO").upper()
if PORTAL_LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise ImproperlyConfigured("PORTAL_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"short": {"()": "portal.log_masking.Short"}, "masked": {"()": "portal.log_masking.Masked"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["short", "masked"]},
    },
    "root": {"handlers": ["console"], "level": PORTAL_LOG_LEVEL},
    "loggers": {
        # Not by mail: an error report holds locals, and the log line says what happened.
        "django": {"handlers": [], "level": PORTAL_LOG_LEVEL, "propagate": True},
        "urllib3": {"level": "WARNING"},
        # At DEBUG it quotes the whole context of a page, and with it the secret that the page may show.
        "django.template": {"level": "INFO"},
        # The tick runs every five seconds; what a refresh did, the client's own lines tell.
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
DEBUG = False
