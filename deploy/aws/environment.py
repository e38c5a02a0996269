"""Write what the site reads from its environment on a machine at AWS, from its secrets, to the standard output.

``/etc/palitas/site`` has what is not secret; ``/etc/palitas/machine`` says where the secrets and the database are. The
template writes both. Each line is ``NAME='value'``, which systemd and a shell read alike.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3

RELEASE = Path(__file__).resolve().parents[2]
# With it the server's certificate is verified, name included; user-data.sh fetches it.
CERTIFICATES = "/etc/palitas/rds.pem"
LINE = re.compile(r"([A-Z0-9_]+)='([^']*)'")


class UnfitError(Exception):
    """A name that is no setting, or a value that is no text of one line; says which, and never the value."""


def read_lines(path: Path) -> dict[str, str]:
    """Return the variables of a file of lines ``NAME='value'``; raise UnfitError for another line."""
    found = {}
    for line in path.read_text().splitlines():
        match = LINE.fullmatch(line)
        if not match:
            raise UnfitError(f"{path}: {line!r}")
        found[match[1]] = match[2]
    return found


def database_url(secret: Mapping[str, str], host: str) -> str:
    return (
        f"postgres://{quote(secret['username'], safe='')}:{quote(secret['password'], safe='')}@{host}:5432/palitas"
        f"?sslmode=verify-full&sslrootcert={CERTIFICATES}"
    )


def collect(site: Mapping[str, str], machine: Mapping[str, str], secrets: Any) -> dict[str, str]:
    """Return the environment of the site.

    Args:
        site: the variables that are not secret.
        machine: names of secrets and hosts; an empty host of replica or cache means that there is none.
        secrets: a client of Secrets Manager.

    Raises:
        UnfitError: a secret is no JSON object.
    """

    def secret(name: str) -> dict[str, str]:
        found = json.loads(secrets.get_secret_value(SecretId=machine[name])["SecretString"])
        if not isinstance(found, dict):
            raise UnfitError(f"no JSON object: the secret {machine[name]}")
        return found

    database = secret("DATABASE_SECRET")
    made = dict(site)
    made["DATABASE_URL"] = database_url(database, machine["DATABASE_HOST"])
    if machine["REPLICA_HOST"]:
        made["DATABASE_REPLICA_URL"] = database_url(database, machine["REPLICA_HOST"])
    if machine["CACHE_HOST"]:
        made["REDIS_URL"] = f"rediss://:{secret('CACHE_SECRET')['password']}@{machine['CACHE_HOST']}:6379/0"
    # The operator's own words come last and win.
    return made | secret("SITE_SECRET") | secret("PICTURE_SECRET") | secret("OPERATOR_SECRET")


def lines(variables: Mapping[str, str], settings: set[str]) -> list[str]:
    """Return the lines of ``variables`` that have a value.

    Raises:
        UnfitError: a name is not among ``settings``, or a value is no text or has an apostrophe or a line break.
    """
    if unknown := sorted(set(variables) - settings):
        raise UnfitError(f"no settings of the site: {', '.join(unknown)}")
    if numbers := sorted(name for name, value in variables.items() if not isinstance(value, str)):
        raise UnfitError(f"no text in quotes: {', '.join(numbers)}")
    if unfit := sorted(name for name, value in variables.items() if re.search(r"['\n\r]", value)):
        raise UnfitError(f"an apostrophe or a line break in: {', '.join(unfit)}")
    return [f"{name}='{value}'\n" for name, value in sorted(variables.items()) if value]


def known_settings() -> set[str]:
    return set(re.findall(r"^([A-Z0-9_]+)=", (RELEASE / ".env.example").read_text(), re.MULTILINE))


def main(folder: Path = Path("/etc/palitas")) -> None:
    machine = read_lines(folder / "machine")
    secrets = boto3.client("secretsmanager", region_name=machine["REGION"])
    sys.stdout.writelines(lines(collect(read_lines(folder / "site"), machine, secrets), known_settings()))


if __name__ == "__main__":
    main()
