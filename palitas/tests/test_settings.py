import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "9d" * 40 + "un-secreto-largo",
    "SITE_URL": "https://palitaspr.example",
    "CONTACT_EMAIL": "hola@palitaspr.example",
    "ALLOWED_HOSTS": "palitaspr.example",
    "MAIL_URL": "smtp+tls://user:secret@mail.example:587",
}


def start(**variables: str) -> subprocess.CompletedProcess:
    """Run ``manage.py check --deploy`` in a process of its own with just these variables."""
    return run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], **variables)


def run(arguments: list[str], **variables: str) -> subprocess.CompletedProcess:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, "ENV_FILE": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_with_everything_given_passes_the_deployment_checks():
    result = start(**PRODUCTION)
    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "SITE_URL", "CONTACT_EMAIL", "ALLOWED_HOSTS", "MAIL_URL"])
def test_production_without_a_required_value_refuses_to_start(missing):
    result = start(**{name: value for name, value in PRODUCTION.items() if name != missing})
    assert result.returncode != 0
    assert f"ImproperlyConfigured: {missing} is required in production" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("DEBUG", "ture", "expected true or false"),
        ("ENVIRONMENT", "staging", "expected production or development"),
        ("DATABASE_POOL_SIZE", "many", "expected a whole number of at least 2"),
        ("DATABASE_POOL_SIZE", "1", "expected a whole number of at least 2"),
        ("LOG_LEVEL", "loud", "expected DEBUG or INFO"),
    ],
)
def test_a_value_that_cannot_be_parsed_stops_the_start_with_its_name(variable, value, expected):
    database = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"} if variable == "DATABASE_POOL_SIZE" else {}
    result = start(**{**PRODUCTION, **database, variable: value})
    assert result.returncode != 0
    assert f"ImproperlyConfigured: {variable}={value!r} cannot be read: {expected}" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://u:geheim@localhost/x"),
        ("DATABASE_URL", "postgres:/u:geheim@localhost/x"),
        ("DATABASE_URL", "//u:geheim@localhost/x"),
        ("DATABASE_REPLICA_URL", "postgres://u:geheim@localhost:port/x"),
        ("MAIL_URL", "carrier-pigeon://u:geheim@x"),
        ("MAIL_URL", "smtp://u:geheim#1@x"),
    ],
)
def test_an_address_with_a_password_that_cannot_be_parsed_is_not_repeated(variable, value):
    result = start(**{**PRODUCTION, variable: value})
    assert result.returncode != 0
    assert f"ImproperlyConfigured: {variable} cannot be read: expected s" in result.stderr
    assert "geheim" not in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"AWS_ACCESS_KEY_ID": "k"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are given both or neither."),
        ({"AWS_S3_CUSTOM_DOMAIN": "cdn.example"}, "without a signature every picture would be open to everybody"),
        ({"AWS_CLOUDFRONT_KEY_ID": "K1"}, "without a signature every picture would be open to everybody"),
    ],
)
def test_half_of_the_settings_of_a_bucket_is_refused(given, sentence):
    result = start(**PRODUCTION, AWS_STORAGE_BUCKET_NAME="fotos", **given)
    assert result.returncode != 0
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ({}, ["'self'", "data:", "blob:"]),
        (
            {"AWS_STORAGE_BUCKET_NAME": "fotos", "AWS_S3_REGION_NAME": "us-west-2"},
            ["'self'", "data:", "blob:", "https://fotos.s3.us-west-2.amazonaws.com"],
        ),
        (
            {"AWS_STORAGE_BUCKET_NAME": "fotos", "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:8333/"},
            ["'self'", "data:", "blob:", "http://127.0.0.1:8333"],
        ),
        (
            {
                "AWS_STORAGE_BUCKET_NAME": "fotos",
                "AWS_S3_CUSTOM_DOMAIN": "cdn.example",
                "AWS_CLOUDFRONT_KEY_ID": "K1",
                "AWS_CLOUDFRONT_KEY": r"-----BEGIN\nabc",
            },
            ["'self'", "data:", "blob:", "https://fotos.s3.us-east-1.amazonaws.com", "https://cdn.example"],
        ),
    ],
)
def test_pages_may_show_pictures_of_the_storage_and_of_nobody_else(given, sources):
    code = "import sys; from palitas.settings import CONTENT_SECURITY_POLICY as csp; "
    code += "sys.stdout.write(' '.join(csp['DIRECTIVES']['img-src']))"
    result = run(["-c", code], **PRODUCTION, **given)
    assert result.stdout.split() == sources, result.stderr


@pytest.mark.parametrize(("given", "folder"), [({}, "var/static"), ({"STATIC_ROOT": "/srv/static"}, "/srv/static")])
def test_static_files_are_collected_where_it_is_said(given, folder):
    code = "import sys; from palitas.settings import STATIC_ROOT; sys.stdout.write(str(STATIC_ROOT))"
    assert Path(run(["-c", code], **PRODUCTION, **given).stdout) == settings.BASE_DIR / folder


def test_debug_is_refused_in_production():
    result = start(**{**PRODUCTION, "DEBUG": "true"})
    assert "DEBUG=true is refused outside ENVIRONMENT=development" in result.stderr


def test_env_example_lists_exactly_the_variables_that_settings_read():
    source = "".join(
        Path(settings.BASE_DIR, name).read_text() for name in ("palitas/settings.py", "deploy/gunicorn.conf.py")
    )
    read = set(re.findall(r'(?:env\.\w+|required_in_production)\(\s*"([A-Z0-9_]+)"', source))
    listed = set(re.findall(r"^([A-Z0-9_]+)=", Path(settings.BASE_DIR, ".env.example").read_text(), re.MULTILINE))
    assert listed == read
