"""What happens on a machine at AWS: the scripts, the units, and the environment made of the secrets."""

import configparser
import json
import re
import shutil
import subprocess
import threading
from importlib import import_module
from pathlib import Path

import boto3
import pytest
from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class
from django.db import connection, connections
from moto import mock_aws

from palitas.management.commands.release import LOCK, STEPS
from palitas.tests.aws import FOLDER, PARAMETER_SETS, only, parameters, resources, template, user_data
from palitas.tests.test_settings import run

environment = import_module("deploy.aws.environment")

SYSTEMD = FOLDER.parent / "systemd"
OPERATIONS = Path(settings.BASE_DIR, "docs", "operations.md").read_text()
VARIABLE = re.compile(r"^([A-Z0-9_]+)='([^']*)'$", re.MULTILINE)
MACHINE = {
    "REGION": "us-east-1",
    "SITE_SECRET": "site",
    "PICTURE_SECRET": "pictures",
    "OPERATOR_SECRET": "operator",
    "DATABASE_SECRET": "database",
    "DATABASE_HOST": "db.example",
    "REPLICA_HOST": "",
    "CACHE_SECRET": "",
    "CACHE_HOST": "",
}
SITE = {"ENVIRONMENT": "production", "SITE_URL": "https://palitaspr.example", "ALLOWED_HOSTS": "palitaspr.example"}
SITE |= {"CONTACT_EMAIL": "hola@palitaspr.example", "AWS_STORAGE_BUCKET_NAME": "fotos"}
OPERATOR = {"MAIL_URL": "smtp+tls://user:secret@mail.example:587", "SENTRY_DSN": ""}
SECRET = "9d" * 20 + "un-secreto-largo"
TLS = "?sslmode=verify-full&sslrootcert=/etc/palitas/rds.pem"


def here_documents(script: str) -> dict[str, str]:
    return dict(re.findall(r"^cat >(\S+) <<'END'\n(.*?)^END$", script, re.MULTILINE | re.DOTALL))


# Scripts --------------------------------------------------------------------------------------------------------------


def shellcheck(path: Path) -> str:
    program = shutil.which("shellcheck", path=str(Path(settings.BASE_DIR, ".venv", "bin"))) or "shellcheck"
    return subprocess.run([program, str(path)], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("name", ["user-data.sh", "manage.sh"])
def test_scripts_pass_shellcheck(name):
    assert shellcheck(FOLDER / name) == ""
    assert (FOLDER / name).stat().st_mode & 0o111 == 0o111


def test_script_of_the_launch_template_passes_shellcheck(tmp_path):
    script = tmp_path / "start.sh"
    script.write_text(re.sub(r"\$\{[A-Za-z:]+\}", "filled-in", user_data()))
    assert shellcheck(script) == ""
    assert "${" not in script.read_text()


def test_shellcheck_would_find_a_mistake(tmp_path):
    script = tmp_path / "spoilt.sh"
    script.write_text("#!/bin/bash\nrm -rf $1\n")
    assert "SC2086" in shellcheck(script)


def test_script_of_the_launch_template_fits():
    # 16 kB before encoding, with names and keys of some 100 letters in its places.
    assert len(user_data()) + 40 * 100 < 16_384


def test_variables_of_the_launch_template_are_settings():
    documents = here_documents(user_data())
    assert sorted(documents) == ["/etc/palitas/machine", "/etc/palitas/site"]
    names = [name for name, _value in VARIABLE.findall(documents["/etc/palitas/site"])]
    assert names == [
        "ENVIRONMENT",
        "SITE_URL",
        "ALLOWED_HOSTS",
        "CONTACT_EMAIL",
        "AWS_STORAGE_BUCKET_NAME",
        "AWS_S3_REGION_NAME",
        "METRICS_DIR",
    ]
    assert set(names) <= environment.known_settings()


def test_script_and_program_ask_for_what_the_launch_template_writes():
    written = {name for name, _value in VARIABLE.findall(here_documents(user_data())["/etc/palitas/machine"])}
    script = (FOLDER / "user-data.sh").read_text()
    assert {"REGION", "STACK", "LOG_GROUP"} <= set(re.findall(r"\$([A-Z_]+)", script))
    assert written == {*MACHINE, "STACK", "LOG_GROUP", "PICTURE_KEY_SERIAL"}


def test_script_names_files_that_are_there():
    named = re.findall(r"\$release\"?/(deploy/[\w./-]+)", (FOLDER / "user-data.sh").read_text())
    assert len(named) == 7
    assert [name for name in named if not Path(settings.BASE_DIR, name.removesuffix("palitas-")).exists()] == []


def test_nginx_asks_the_gunicorns_that_are_started():
    script = (FOLDER / "user-data.sh").read_text()
    ports = re.findall(r"--gunicorn 127\.0\.0\.1:(\d+)", script)
    assert ports == re.findall(r"palitas-web@(\d+)", script) == ["8001", "8002"]


def test_nginx_believes_the_public_subnets_only():
    script = (FOLDER / "user-data.sh").read_text()
    subnets = {name: subnet["CidrBlock"] for name, subnet in resources("AWS::EC2::Subnet").items()}
    assert (subnets["PublicSubnetA"], subnets["PublicSubnetB"]) == ("10.20.0.0/20", "10.20.16.0/20")
    assert re.findall(r"--balancer (\S+)", script) == ["10.20.0.0/19"]


def test_balancer_waits_longer_than_nginx_and_lets_a_connection_go_before_it():
    nginx = (FOLDER.parent / "nginx" / "nginx.conf.template").read_text()
    # The first of each is of what is between nginx and the site.
    kept = re.findall(r"keepalive_timeout (\d+)s;", nginx)
    connect, waits = (int(re.findall(rf"proxy_{name}_timeout (\d+)s;", nginx)[0]) for name in ("connect", "read"))
    attributes = only("AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "65"} in attributes
    assert kept == ["15", "75"]
    assert connect + waits == 62


def test_logs_are_those_of_the_units():
    agent = json.loads((FOLDER / "log-agent.json").read_text())
    entries = agent["logs"]["logs_collected"]["files"]["collect_list"]
    files = {entry["file_path"] for entry in entries if entry["file_path"].startswith("/var/log/palitas/")}
    assert files == {f"/var/log/palitas/{name}.log" for name in ("web", "worker", "metrics")}
    assert {entry["log_group_name"] for entry in entries} == {"LOG_GROUP"}


# Units ----------------------------------------------------------------------------------------------------------------


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string((SYSTEMD / f"palitas-{name}.service").read_text())
    return parser


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("web@", "gunicorn --config deploy/gunicorn.conf.py --bind 127.0.0.1:%i palitas.wsgi"),
        ("worker", "python manage.py worker"),
        ("metrics", "python manage.py metrics"),
    ],
)
def test_unit_runs_its_command_without_more_rights_than_it_needs(name, command):
    service = unit(name)["Service"]
    assert service["ExecStart"] == f"/opt/palitas/release/.venv/bin/{command}"
    if "manage.py" in command:
        assert command.split()[-1] in get_commands()
    wanted = {
        "User": "palitas",
        "Group": "palitas",
        "WorkingDirectory": "/opt/palitas/release",
        "EnvironmentFile": "/etc/palitas/environment",
        "StateDirectory": "palitas",
        "StateDirectoryMode": "0750",
        "Restart": "always",
        "StandardError": f"append:/var/log/palitas/{name.removesuffix('@')}.log",
        "NoNewPrivileges": "true",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        # A page that could be made to fetch addresses would not get at the role of the machine.
        "IPAddressDeny": "169.254.169.254/32",
    }
    assert {key: service[key] for key in wanted} == wanted
    assert unit(name)["Install"]["WantedBy"] == "multi-user.target"


def test_units_write_where_they_may():
    (folder,) = re.findall(r"^METRICS_DIR='(.*)'$", user_data(), re.MULTILINE)
    own = f"/var/lib/{unit('web@')['Service']['StateDirectory']}"
    assert str(Path(folder).parent) == own
    # Their defaults are in the release, which is closed to the units.
    assert re.findall(r"^(\w+)='(?:sqlite:///)?(/\S+)'", OPERATIONS, re.MULTILINE) == [
        ("MEDIA_ROOT", f"{own}/media"),
        ("DATABASE_URL", f"{own}/palitas.sqlite3"),
        ("METRICS_DIR", f"{own}/metrics"),
    ]
    (made,) = re.findall(r"^install --directory .* --mode 750 (.+)$", OPERATIONS, re.MULTILINE)
    assert made.split() == [own, "/var/log/palitas"]


def test_static_files_are_in_one_place():
    said = [OPERATIONS, (FOLDER.parent / "nginx" / "render.py").read_text()]
    places = {place for text in said for place in re.findall(r"--static (/\S+)", text)}
    assert places == {f"{unit('web@')['Service']['WorkingDirectory']}/var/static"}
    assert '--static "$release/var/static"' in (FOLDER / "user-data.sh").read_text()


# Environment ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def secrets():
    """Secrets Manager with what the template and the operator put there."""
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        for name, value in {
            "site": {"SECRET_KEY": SECRET, "SECRET_KEY_FALLBACKS": ""},
            "pictures": {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "un/secreto+"},
            "operator": OPERATOR,
            "database": {"username": "palitas", "password": "p@ss/word"},
            "cache": {"password": "abc"},
        }.items():
            client.create_secret(Name=name, SecretString=json.dumps(value))
        yield client


def write(folder: Path, name: str, variables: dict[str, str]) -> None:
    (folder / name).write_text("".join(f"{key}='{value}'\n" for key, value in variables.items()))


def test_environment_has_what_production_wants(secrets, tmp_path, capsys):
    write(tmp_path, "machine", MACHINE)
    write(tmp_path, "site", SITE)
    environment.main(tmp_path)
    made = dict(VARIABLE.findall(capsys.readouterr().out))
    assert made == {
        **SITE,
        "SECRET_KEY": SECRET,
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "un/secreto+",
        "MAIL_URL": OPERATOR["MAIL_URL"],
        "DATABASE_URL": f"postgres://palitas:p%40ss%2Fword@db.example:5432/palitas{TLS}",
    }
    result = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], **made)
    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")
    code = "import json, sys; from palitas.settings import DATABASES as d; json.dump(d['default'], sys.stdout)"
    database = json.loads(run(["-c", code], **made).stdout)
    assert (database["HOST"], database["PASSWORD"]) == ("db.example", "p@ss/word")
    assert database["OPTIONS"].pop("pool")["max_size"] == 8
    assert database["OPTIONS"] == {"sslmode": "verify-full", "sslrootcert": "/etc/palitas/rds.pem"}


def test_environment_names_replica_and_cache_where_there_are(secrets):
    machine = {**MACHINE, "REPLICA_HOST": "replica.example", "CACHE_SECRET": "cache", "CACHE_HOST": "cache.example"}
    made = environment.collect(SITE, machine, secrets)
    assert made["DATABASE_REPLICA_URL"] == f"postgres://palitas:p%40ss%2Fword@replica.example:5432/palitas{TLS}"
    assert made["REDIS_URL"] == "rediss://:abc@cache.example:6379/0"


def test_environment_takes_the_operators_word_last(secrets):
    secrets.put_secret_value(SecretId="operator", SecretString=json.dumps({"CONTACT_EMAIL": "otra@palitaspr.example"}))
    assert environment.collect(SITE, MACHINE, secrets)["CONTACT_EMAIL"] == "otra@palitaspr.example"


def test_environment_names_the_secret_that_is_no_object(secrets):
    secrets.put_secret_value(SecretId="operator", SecretString='["geheim"]')
    with pytest.raises(environment.UnfitError, match=r"^no JSON object: the secret operator$"):
        environment.collect(SITE, MACHINE, secrets)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MAIL_ULR": "x"}, "no settings of the site: MAIL_ULR"),
        ({"LD_PRELOAD": "/tmp/x.so"}, "no settings of the site: LD_PRELOAD"),
        ({"MAIL_URL": "it's"}, "an apostrophe or a line break in: MAIL_URL"),
        ({"MAIL_URL": "a\nDEBUG=true"}, "an apostrophe or a line break in: MAIL_URL"),
        ({"WEB_THREADS": 4, "MAIL_URL": None, "SENTRY_DSN": ""}, "no text in quotes: MAIL_URL, WEB_THREADS"),
    ],
)
def test_environment_refuses_what_it_cannot_write(variables, sentence):
    with pytest.raises(environment.UnfitError, match=f"^{re.escape(sentence)}$"):
        environment.lines(variables, environment.known_settings())


def test_environment_refuses_a_line_that_is_no_variable(tmp_path):
    (tmp_path / "site").write_text("SITE_URL='x'; reboot\n")
    with pytest.raises(environment.UnfitError):
        environment.read_lines(tmp_path / "site")


@pytest.mark.parametrize("name", PARAMETER_SETS)
def test_what_the_operator_gives_passes_through_the_files(name, tmp_path):
    """Parameters end in single quotes; whatever their patterns let through must be read back."""
    patterns = {key: parameter.get("AllowedPattern") for key, parameter in template()["Parameters"].items()}
    given = parameters(name)
    for key in ("DomainName", "ContactEmail", "OperatorSecretArn"):
        assert not re.fullmatch(patterns[key], given[key] + "'")
        write(tmp_path, key, {"VALUE": given[key]})
        assert environment.read_lines(tmp_path / key) == {"VALUE": given[key]}


# One machine at a time ------------------------------------------------------------------------------------------------


def test_release_takes_its_steps_in_order(db, monkeypatch):
    taken = []
    monkeypatch.setattr("palitas.management.commands.release.call_command", lambda step, **_options: taken.append(step))
    call_command("release")
    assert taken == list(STEPS) == ["migrate", "createcachetable", "seed_catalog"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_release_waits_for_the_machine_that_is_at_it(monkeypatch):
    """The lock is held by another connection; the command has not begun until it is given back."""
    taken, waited = [], threading.Event()
    module = "palitas.management.commands.release"
    monkeypatch.setattr(f"{module}.call_command", lambda step, **_options: taken.append(step))
    monkeypatch.setattr(f"{module}.time.sleep", lambda _seconds: waited.set() or threading.Event().wait(0.05))

    def second_machine():
        load_command_class("palitas", "release").handle(verbosity=0)
        connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        second = threading.Thread(target=second_machine)
        second.start()
        assert waited.wait(10)
        assert taken == []
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        second.join(10)
        assert taken == list(STEPS)
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT pg_advisory_unlock_all()")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_release_gives_the_lock_back_when_a_step_fails(monkeypatch):
    def fail(step, **_options):
        raise RuntimeError(step)

    monkeypatch.setattr("palitas.management.commands.release.call_command", fail)
    with pytest.raises(RuntimeError, match="migrate"):
        call_command("release")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [LOCK])
        assert cursor.fetchone() == (0,)
