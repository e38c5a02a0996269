"""Settings, read from the environment.

Every variable is described in ``.env.example``. Development is asked for by name (``ENVIRONMENT=development``); without
it the process is a production one and refuses to start unless its secrets are given.
"""

import os
from pathlib import Path
from typing import Any

import sentry_sdk
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from palitas.environment import Environment
from palitas.telemetry.errors import without_personal_data
from services.pictures.addresses import bucket_address, origin

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env_file_name = os.environ.get("ENV_FILE", ".env")
env = Environment(BASE_DIR / env_file_name if env_file_name else None)

ENVIRONMENT = env.one_of("ENVIRONMENT", ("production", "development"), default="production")
DEVELOPMENT = ENVIRONMENT == "development"
DEBUG = env.boolean("DEBUG", default=False)
if DEBUG and not DEVELOPMENT:
    raise ImproperlyConfigured("DEBUG=true is refused outside ENVIRONMENT=development.")


def required_in_production(name: str, development_value: str) -> str:
    """Return the variable ``name``; in development it may be missing."""
    value = env.text(name)
    if value:
        return value
    if DEVELOPMENT:
        return development_value
    raise ImproperlyConfigured(f"{name} is required in production: see .env.example.")


# Who we are -----------------------------------------------------------------------------------------------------------

SITE_NAME = "PalitasPR"
SITE_URL = required_in_production("SITE_URL", "http://localhost:8000").rstrip("/")
CONTACT_EMAIL = required_in_production("CONTACT_EMAIL", "hola@palitaspr.example")

SECRET_KEY = required_in_production("SECRET_KEY", "development-only-not-a-secret-" + "x" * 30)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=("*",) if DEVELOPMENT else ())
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is required in production: see .env.example.")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# Applications ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "palitas.apps.PalitasConfig",
    "moderation",
    "alerts",
    "agreements",
    "promotions",
    "requests_app",
    "services",
    "notices",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "phonenumber_field",
    "rules.apps.AutodiscoverRulesConfig",
    "template_partials",
    "moderation.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "palitas.middleware.HealthMiddleware",
    "palitas.telemetry.middleware.TelemetryMiddleware",
    "palitas.middleware.DatabaseRestartMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "palitas.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "palitas.middleware.CookieMiddleware",
    "palitas.middleware.UploadMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "palitas.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "palitas.middleware.ConnectionMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "palitas.middleware.StatusMovedMiddleware",
]

ROOT_URLCONF = "palitas.urls"
WSGI_APPLICATION = "palitas.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "palitas.context_processors.site",
                "palitas.context_processors.unread",
            ],
        },
    }
]
FORM_RENDERER = "palitas.forms.SiteFormRenderer"

# Database -------------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'palitas.sqlite3'}")}
replica = env.database("DATABASE_REPLICA_URL", default="")
if replica:
    DATABASES["replica"] = replica | {"TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["palitas.replica.Router"]
    MIDDLEWARE.append("palitas.replica.ReplicaMiddleware")
for alias, database in DATABASES.items():
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # Measured with 8 writers × 150 increments: Django's defaults lose 541 to "database is locked", these none.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        VAR_DIR.mkdir(exist_ok=True)
    else:
        pool_size = env.integer("DATABASE_POOL_SIZE", 8, minimum=2)
        # The primary is worth waiting for: the pool tries to connect after 1, 3 and 7 seconds, and a restart takes some
        # five. In the place of a replica that is away the primary serves.
        patience = 10 if alias == "default" else 1
        database |= {
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            # The address may ask for more, as for sslmode=verify-full.
            "OPTIONS": {
                **database.get("OPTIONS", {}),
                "pool": {"min_size": 2, "max_size": pool_size, "timeout": patience},
            },
        }
SLOW_QUERY_MS = env.integer("SLOW_QUERY_MS", 500, minimum=1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cache is shared by all processes, so that rate limits hold for the site and not for one worker.
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Share pictures, some 100 kB each: always in the database, so that they cannot push rate limits out of memory.
    "drawings": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "drawings",
        "TIMEOUT": 60 * 60 * 24 * 7,
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
}
REDIS_URL = env.text("REDIS_URL")
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "palitas",
        # While Redis is away pages are served, and nothing is counted against anybody.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "LOG_IGNORED_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

# Language, place and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "es-pr"
LANGUAGES = [("es-pr", _("Español")), ("en", _("Inglés"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["palitas.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "America/Puerto_Rico"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "PR"

# Files ----------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "services.pictures.storage.SignedFileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "palitas.static_files.SiteStaticFilesStorage"
    },
}
# Pictures in a bucket (Amazon S3 or what speaks its language) instead of the folder. Nothing in it is public.
PICTURE_ORIGINS = []
if bucket := env.text("AWS_STORAGE_BUCKET_NAME"):
    s3: dict[str, Any] = {
        "bucket_name": bucket,
        "region_name": env.text("AWS_S3_REGION_NAME", "us-east-1"),
        "endpoint_url": env.text("AWS_S3_ENDPOINT_URL") or None,
        "access_key": env.text("AWS_ACCESS_KEY_ID") or None,
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY") or None,
        "custom_domain": env.text("AWS_S3_CUSTOM_DOMAIN") or None,
        "cloudfront_key_id": env.text("AWS_CLOUDFRONT_KEY_ID") or None,
        "cloudfront_key": env.text("AWS_CLOUDFRONT_KEY").replace("\\n", "\n").encode() or None,
    }
    if bool(s3["access_key"]) != bool(s3["secret_key"]):
        raise ImproperlyConfigured("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are given both or neither.")
    if len({bool(s3[name]) for name in ("custom_domain", "cloudfront_key_id", "cloudfront_key")}) > 1:
        raise ImproperlyConfigured(
            "AWS_S3_CUSTOM_DOMAIN, AWS_CLOUDFRONT_KEY_ID and AWS_CLOUDFRONT_KEY are given all or none: "
            "without a signature every picture would be open to everybody."
        )
    STORAGES["default"] = {"BACKEND": "services.pictures.s3.S3PictureStorage", "OPTIONS": s3}
    PICTURE_ORIGINS.append(
        origin(bucket_address(bucket=bucket, region=s3["region_name"], endpoint=s3["endpoint_url"] or ""))
    )
    if s3["custom_domain"]:
        PICTURE_ORIGINS.append(f"https://{s3['custom_domain']}")
# A phone's picture has 4–12 MB; eight of them may come with one form.
PICTURE_MAX_BYTES = 15 * 1024 * 1024
PICTURE_MAX_PIXELS = 40_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 25
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = DEVELOPMENT

# Mail: everything is written to the outbox; the worker delivers it to MAIL_URL ----------------------------------------

EMAIL_BACKEND = "notices.backends.OutboxEmailBackend"
MAIL_DELIVERY = env.email("MAIL_URL", default="dummymail://")
if not DEVELOPMENT and not env.text("MAIL_URL"):
    raise ImproperlyConfigured("MAIL_URL is required in production: see .env.example.")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <{CONTACT_EMAIL}>")

# So many notices of new listings a person gets within 24 hours at most, of each kind: for what they offer, and for the
# searches they saved.
MATCHING_NOTICES_PER_DAY = env.integer("MATCHING_NOTICES_PER_DAY", 3)

# Accounts -------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    # Who came from the former site and has not logged in since.
    "accounts.hashers.FormerSiteHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
# A code survives the mail scanners that open every link before the reader does.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEVELOPMENT else "https"
# allauth's own limits, and ours, which are counted in the same place.
ACCOUNT_RATE_LIMITS = {"contact_form": "5/h/ip", "upload": "120/h/user", "data_download": "5/d/user"}
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = None if DEVELOPMENT else "X-Real-IP"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.passkey_forms.AuthenticatePasskeyForm",
    "edit_webauthn": "accounts.passkey_forms.EditPasskeyForm",
    "login_webauthn": "accounts.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "accounts.passkey_forms.ReauthenticatePasskeyForm",
}
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
# Staff need a second factor in production; the demo logins do without.
MFA_REQUIRED_FOR_STAFF = env.boolean("MFA_REQUIRED_FOR_STAFF", default=not DEVELOPMENT)

# Security -------------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *PICTURE_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
if not DEVELOPMENT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 365)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The __Host- prefix makes browsers refuse a cookie that another subdomain planted.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Logs and figures -----------------------------------------------------------------------------------------------------

LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "palitas.telemetry.logs.RequestFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {
            "()": "palitas.telemetry.logs.LineFormatter",
            "format": "{levelname}{name}{message}{request_id}{person_id}",
            "style": "{",
            "timestamp": True,
            "rename_fields": {"levelname": "level", "name": "logger"},
            "json_ensure_ascii": False,
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.one_of("LOG_FORMAT", ("json", "line"), "line" if DEVELOPMENT else "json"),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Instead of Django's own handlers, which would say things twice, in another form.
        "django": {"handlers": [], "propagate": True},
        # A development server tells of each request itself.
        "palitas.telemetry.middleware": {"level": "WARNING" if DEVELOPMENT else LOG_LEVEL},
    },
}
METRICS_DIR = env.text("METRICS_DIR")
if METRICS_DIR:
    # prometheus-client reads it when it is imported first.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)

SENTRY_DSN = env.text("SENTRY_DSN")
if SENTRY_DSN:
    sentry_sdk.init(
        dsn=SENTRY_DSN,
        environment=ENVIRONMENT,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=without_personal_data,
    )
