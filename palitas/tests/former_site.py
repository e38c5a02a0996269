"""A database of the former site, with a thousand people and the dirt of its years."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import bcrypt
import psycopg
from django.conf import settings
from django.core.management import call_command

from palitas.legacy.models import LegacyRow
from palitas.legacy.source import COLUMNS

SCHEMA = """
CREATE TABLE services (id text PRIMARY KEY, name text);
CREATE TABLE towns (id integer PRIMARY KEY, name text);
CREATE TABLE users (
    id text PRIMARY KEY, first_name text, last_name text, email text, password text, phone text, verified boolean,
    verification_token text, created_at timestamp, updated_at timestamp
);
CREATE TABLE profiles (
    id text PRIMARY KEY, user_id text, job_title text, bio text, tasks_completed integer, social_links text,
    profile_pic text, cover_pic text, gallery text, qr_pic text, created_at timestamp, updated_at timestamp
);
CREATE TABLE promotions (
    id text PRIMARY KEY, user_id text, service_id text, title text, description text, price_min text, price_max text,
    pictures text, created_at timestamp, updated_at timestamp
);
CREATE TABLE promo_towns (promo_id text, town_id integer);
CREATE TABLE requests (
    id text PRIMARY KEY, user_id text, service_id text, title text, description text, pictures text,
    created_at timestamp, updated_at timestamp
);
CREATE TABLE request_towns (request_id text, town_id integer);
CREATE TABLE initial_contacts (
    id text PRIMARY KEY, receiver_id text, receiver_read boolean, receiver_hide boolean, sender_id text,
    sender_read boolean, sender_hide boolean, request_id text, promo_id text, sent_task boolean,
    created_at timestamp, updated_at timestamp
);
CREATE TABLE tasks (
    id text PRIMARY KEY, initial_contact_id text, promo_id text, request_id text, receiver_id text,
    receiver_confirm boolean, provider_id text, service_id text, status text, description text, price text,
    created_at timestamp, updated_at timestamp
);
CREATE TABLE reviews (
    id text PRIMARY KEY, user_id text, task_id text, description text, rating numeric(2, 1), pictures text,
    created_at timestamp, updated_at timestamp
);
"""
SERVICES = ["Uñas", "Plomería", "DJ", "jardineria", "Cuido de niños", "Catering", "Astrología"]
TOWNS = ["Toda la isla", "Ponce", "Añasco", "Mayaguez", "San Juan", "Culebra", "Atlantis"]
PASSWORD = "señal-de-humo-9"
PHONES = [
    "787-555-0134",
    "(787) 555 0134",
    "+1 939 555 0187",
    "7875550134",
    "1-787-555-0134 ext. 12",
    "55501",
    "no tengo",
    "",
    None,
]
PRICES = ["25", "$1,500.00", "40.50", " 60 ", "a convenir", "", None, "-5", "99999999", "30-50"]
MADE = datetime(2024, 5, 1, 12)
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


class Builder:
    """Fills the tables. The same seed gives the same rows, except that times count from now."""

    def __init__(self, connection: psycopg.Connection, *, people: int, seed: int = 1) -> None:
        self.connection = connection
        self.random = random.Random(seed)
        self.people = people
        self.hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()

    def key(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def insert(self, table: str, rows: list[dict]) -> list[dict]:
        names = list(rows[0])
        with self.connection.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
        return rows

    def times(self, *, days: int = 900) -> dict:
        made = NOW - timedelta(minutes=self.random.randrange(60, days * 24 * 60))
        return {"created_at": made, "updated_at": made + timedelta(minutes=self.random.randrange(60))}

    def build(self) -> None:
        pick = self.random.choice
        services = self.insert("services", [{"id": self.key(), "name": name} for name in SERVICES])
        self.insert("towns", [{"id": number, "name": name} for number, name in enumerate(TOWNS)])
        users = self.insert("users", [self.user(number) for number in range(self.people)])
        self.insert("profiles", [self.profile(user, number) for number, user in enumerate(users)])
        promotions = self.insert("promotions", [self.listing(users, services, n) for n in range(self.people)])
        self.insert("promo_towns", self.towns("promo_id", promotions))
        requests = [self.listing(users, services, n) for n in range(self.people // 2)]
        for request in requests:
            del request["price_min"], request["price_max"]
        self.insert("requests", requests)
        self.insert("request_towns", self.towns("request_id", requests))
        contacts = [self.contact(users, promotions, requests, n) for n in range(self.people)]
        self.insert("initial_contacts", contacts)
        owners = {listing["id"]: listing["user_id"] for listing in (*promotions, *requests)}
        tasks = [self.task(pick(contacts), owners, services, promotions, n) for n in range(self.people * 4 // 5)]
        self.insert("tasks", tasks)
        ended = [task for task in tasks if (task["status"] or "") in {"closed", "reviewed"}]
        self.insert(
            "reviews", [self.review(pick(ended if n % 8 else tasks), users, n) for n in range(self.people // 2)]
        )

    def user(self, number: int) -> dict:
        address = f"persona{number}@example.com"
        if number % 20 == 1:  # the one before, in capitals; half of them confirmed
            address = f"PERSONA{number - 1}@Example.com"
        hashed = self.hash
        if number % 50 == 7:
            address = self.random.choice(["", "sin arroba", None])
        if number % 50 == 9:
            hashed = self.random.choice(["clave en claro", "", None, "$2b$31$" + "a" * 53])
        return {
            "id": self.key(),
            "first_name": ["Marisol", "", "José <b>Luis</b>", None, "Ana"][number % 5],
            "last_name": "de la Santísima Trinidad " * 5 if number % 97 == 0 else f"Rivera {number}",
            "email": address,
            "password": hashed,
            "phone": PHONES[number % len(PHONES)],
            "verified": number % 40 != 1 and number % 10 != 3,
            "verification_token": self.key(),
            **self.times(),
        }

    def profile(self, user: dict, number: int) -> dict:
        return {
            "id": self.key(),
            "user_id": self.key() if number % 60 == 5 else user["id"],
            "job_title": "Plomera",
            "bio": ["", "<p>Hola</p><p>Trabajo &amp; sudor</p><script>alert(1)</script>", "x " * 1500][number % 3],
            "tasks_completed": number % 7,
            "social_links": ["", "instagram.com/ana|no es un enlace", '["https://a.example"]', None][number % 4],
            "profile_pic": "cara.jpg" if number % 30 == 0 else "undefined",
            "cover_pic": None,
            "gallery": "uno.jpg|dos.jpg||../../etc/passwd" if number % 100 == 0 else "",
            "qr_pic": "ath.png" if number % 100 == 0 else None,
            **self.times(),
        }

    def listing(self, users: list[dict], services: list[dict], number: int) -> dict:
        return {
            "id": self.key(),
            "user_id": self.key() if number % 50 == 3 else self.random.choice(users)["id"],
            "service_id": None if number % 70 == 2 else self.random.choice(services)["id"],
            "title": ["Plomera en Ponce", "", "Destapo <i>todo</i>", "Título larguísimo " * 12][number % 4],
            "description": ["Con garantía.", "", "Línea<br>otra\x07", None][number // 4 % 4],
            "price_min": PRICES[number % len(PRICES)],
            "price_max": PRICES[number // 2 % len(PRICES)],
            "pictures": "|".join(f"f{n}.jpg" for n in range(10)) if number % 100 == 0 else "",
            **self.times(),
        }

    def towns(self, owner: str, listings: list[dict]) -> list[dict]:
        rows = [{owner: self.key(), "town_id": 1}, {owner: None, "town_id": 2}, {owner: self.key(), "town_id": None}]
        for number, listing in enumerate(listings):
            places = [[1], [0], [0, 2], [6], [], [1, 1, 2], [3, 4, 5], [99], [None, 2]][number % 9]
            rows += [{owner: listing["id"], "town_id": town} for town in places]
        return rows

    def contact(self, users: list[dict], promotions: list[dict], requests: list[dict], number: int) -> dict:
        is_request = number % 3 == 0
        listing = self.random.choice(requests if is_request else promotions)
        people = [listing["user_id"], self.random.choice(users)["id"]]
        if number % 25 == 4:
            people.reverse()
        if number % 40 == 6:
            people = [self.random.choice(users)["id"], self.key()]
        if number % 90 == 8:
            people[1] = people[0]
        return {
            "id": self.key(),
            "receiver_id": people[0],
            "receiver_read": number % 2 == 0,
            "receiver_hide": number % 5 == 0,
            "sender_id": people[1],
            "sender_read": None if number % 7 == 0 else True,
            "sender_hide": False,
            "request_id": listing["id"] if is_request else None,
            "promo_id": self.key() if number % 45 == 10 else None if is_request else listing["id"],
            "sent_task": False,
            **self.times(),
        }

    def task(self, contact: dict, owners: dict, services: list, promotions: list, n: int) -> dict:
        listing = contact["request_id"] or contact["promo_id"]
        owner = owners.get(listing, contact["receiver_id"])
        other = contact["sender_id"] if owner == contact["receiver_id"] else contact["receiver_id"]
        provider, client = (other, owner) if contact["request_id"] else (owner, other)
        if n % 30 == 11:
            provider = client
        return {
            "id": self.key(),
            "initial_contact_id": None if n % 10 == 2 else self.key() if n % 35 == 3 else contact["id"],
            "promo_id": self.random.choice(promotions)["id"] if n % 20 == 2 else contact["promo_id"],
            "request_id": contact["request_id"],
            "receiver_id": None if n % 33 == 1 else client,
            "receiver_confirm": n % 2 == 0,
            "provider_id": self.key() if n % 44 == 1 else provider,
            "service_id": self.random.choice(services)["id"],
            "status": ["pending", "active", "closed", "rejected", "reviewed", "Reviewed ", "lost", None, "closed"][
                n % 9
            ],
            "description": ["Uno|Dos| |<b>Tres</b>", "", None, "x" * 700, "|".join(map(str, range(30)))][n % 5],
            "price": PRICES[n % len(PRICES)],
            **self.times(days=300),
        }

    def review(self, task: dict, users: list[dict], number: int) -> dict:
        author = task["provider_id"] if number % 2 else task["receiver_id"]
        return {
            "id": self.key(),
            "user_id": self.random.choice(users)["id"] if number % 20 == 3 else author,
            "task_id": self.key() if number % 25 == 4 else task["id"],
            "description": ["Bien.", "", "<b>Muy</b> bien. " * 100][number % 3],
            "rating": [5, 4.5, 3, 0, None, 1.5, 2][number % 7],
            "pictures": "a.jpg|b.jpg|c.jpg|d.jpg|e.jpg" if number % 50 == 0 else None,
            **self.times(days=200),
        }


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """Make an empty database of the former schema beside another one, and drop it at the end; gives its address.

    Args:
        server: the address of a database whose role may make others, without the name: ``postgres://user@host:port``.
    """
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        with psycopg.connect(f"{server}/{name}") as connection:
            connection.execute(SCHEMA)
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def fill(url: str, *, people: int, seed: int = 1) -> None:
    with psycopg.connect(url) as connection:
        Builder(connection, people=people, seed=seed).build()


def server() -> str:
    """Return the address of the PostgreSQL server that the tests run on, without a database."""
    database = settings.DATABASES["default"]
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    return f"postgres://{database['USER']}{password}@{database['HOST']}:{database['PORT'] or 5432}"


class Former:
    """A former site of a few rows."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(f"TRUNCATE {', '.join(COLUMNS)}")

    def add(self, table: str, **values) -> str:
        """Insert a row, with times of its own unless it has none; returns its key."""
        if table not in {"services", "towns", "promo_towns", "request_towns"}:
            values = {"created_at": MADE, "updated_at": MADE, **values}
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
        return values.get("id", "")

    def user(self, key: str, **values) -> str:
        fresh = {"email": f"{key}@example.com", "first_name": key.title(), "verified": True}
        return self.add("users", id=key, **{**fresh, **values})

    def promotion(self, key: str, owner: str = "pilar", *, towns=(1,), **values) -> str:
        fresh = {"user_id": owner, "service_id": "s1", "title": "Uñas en Ponce", "description": "Con gel."}
        for town in towns:
            self.add("promo_towns", promo_id=key, town_id=town)
        return self.add("promotions", id=key, **{**fresh, **values})

    def request(self, key: str, owner: str = "carlos", *, towns=(1,), **values) -> str:
        fresh = {"user_id": owner, "service_id": "s1", "title": "Busco uñas", "description": "Para el sábado."}
        for town in towns:
            self.add("request_towns", request_id=key, town_id=town)
        return self.add("requests", id=key, **{**fresh, **values})

    def contact(self, key: str, **values) -> str:
        fresh = {"promo_id": "p1", "receiver_id": "pilar", "sender_id": "carlos"}
        return self.add("initial_contacts", id=key, **{**fresh, **values})

    def task(self, key: str, **values) -> str:
        fresh = {
            "initial_contact_id": "c1",
            "provider_id": "pilar",
            "receiver_id": "carlos",
            "service_id": "s1",
            "promo_id": "p1",
            "status": "closed",
            "description": "Manos|Pies",
            "price": "40",
        }
        return self.add("tasks", id=key, **{**fresh, **values})

    def review(self, key: str, **values) -> str:
        fresh = {"user_id": "carlos", "task_id": "t1", "description": "Bien.", "rating": 5}
        return self.add("reviews", id=key, **{**fresh, **values})

    def bring(self, **options) -> str:
        output = StringIO()
        call_command("import_legacy", database_url=self.url, stdout=output, stderr=StringIO(), **options)
        return output.getvalue()


def became(table: str, key: str) -> tuple[str, list[str]]:
    return LegacyRow.objects.values_list("outcome", "remarks").get(table=table, former_id=key)


def new(model, table: str, key: str):
    return model.objects.get(pk=LegacyRow.objects.get(table=table, former_id=key).new_id)
