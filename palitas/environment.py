"""Typed reading of environment variables.

django-environ turns a misspelt boolean into ``False`` and lets a bad number fail with a bare traceback. Here a value
that cannot be parsed stops the start with a sentence that names the variable.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
DATABASES = ("sqlite://", "postgres://", "postgresql://")


class Environment:
    """The process environment, completed by an optional ``.env`` file (a real variable wins over the file)."""

    def __init__(self, env_file: Path | None = None) -> None:
        self._env = environ.Env()
        if env_file is not None and env_file.is_file():
            environ.Env.read_env(env_file)

    def _parsed(self, name: str, default: T, parse: Callable[[str], T], expected: str, *, is_secret: bool = False) -> T:
        raw = self._env.str(name, default="").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError, ImproperlyConfigured):
            given = name if is_secret else f"{name}={raw!r}"
            # The former error would repeat the value in the traceback.
            raise ImproperlyConfigured(f"{given} cannot be read: expected {expected}.") from None

    def text(self, name: str, default: str = "") -> str:
        return self._parsed(name, default, str, "text")

    def boolean(self, name: str, default: bool) -> bool:
        def parse(raw: str) -> bool:
            word = raw.lower()
            if word in TRUE_WORDS:
                return True
            if word in FALSE_WORDS:
                return False
            raise ValueError(raw)

        return self._parsed(name, default, parse, "true or false")

    def integer(self, name: str, default: int, minimum: int = 0) -> int:
        def parse(raw: str) -> int:
            number = int(raw)
            if number < minimum:
                raise ValueError(raw)
            return number

        return self._parsed(name, default, parse, f"a whole number of at least {minimum}")

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Return the comma-separated words of a variable."""
        return self._parsed(
            name, list(default), lambda raw: [word.strip() for word in raw.split(",") if word.strip()], "words"
        )

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        allowed = {choice: choice for choice in choices}
        return self._parsed(name, default, lambda raw: allowed[raw], " or ".join(choices))

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings for the database URL in ``name``, ``sqlite:///…`` or ``postgres://…``."""

        def parse(raw: str) -> dict[str, Any]:
            # Of what it does not know django-environ warns with all of it, password included.
            if not raw.startswith(DATABASES):
                raise ValueError(raw)
            config: dict[str, Any] = environ.Env.db_url_config(raw)
            return config

        expected = "sqlite:///path or postgres://user:password@host:port/name"
        return self._parsed(name, parse(default) if default else {}, parse, expected, is_secret=True)

    def email(self, name: str, default: str) -> dict[str, object]:
        """Return Django's e-mail settings for the URL in ``name``: ``smtp+tls://user:password@host:587`` and such."""

        def parse(raw: str) -> dict[str, object]:
            return dict(environ.Env.email_url_config(raw))

        expected = "smtp://, smtp+tls:// or smtp+ssl://user:password@host:port"
        return self._parsed(name, parse(default), parse, expected, is_secret=True)
