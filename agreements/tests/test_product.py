"""Every status × every step × everybody, through the pages, against one table typed by hand.

A cell is what comes of it: the status that the agreement has then, ``new`` for another version in the same contact,
``said`` for a statement; or the refusal: 403, 404, 409, ``in`` for the way to the login page. Whatever is refused must
leave rows, files and mail as they were. What moderators do in admin has its table in test_disputes.
"""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import UserFactory
from agreements.models import Agreement, Block, Contact, DisputeStatement
from agreements.tests.factories import AgreementFactory, ContactFactory
from palitas.tests.snapshot import rolled_back, snapshot

WHO = (
    "provider",
    "client",
    "suspended provider",
    "suspended client",
    "blocked provider",
    "blocked client",
    "stranger",
    "moderator",
    "superuser",
    "anonymous",
)

# A contact in which nothing has been proposed yet. A block stops words, not agreements.
FIRST_PROPOSAL = "new 403 403 403 new 403 404 404 404 in"
#                       provider  client    susp.p. susp.c. blocked p. blocked c. str. mod. sup. anonymous
TABLE = """
pending    propose      409       403       403 403 409       403       404 404 404 in
pending    accept       403       active    403 403 403       active    404 404 404 in
pending    reject       403       rejected  403 403 403       rejected  404 404 404 in
pending    withdraw     withdrawn 403       403 403 withdrawn 403       404 404 404 in
pending    deliver      409       403       403 403 409       403       404 404 404 in
pending    close        403       409       403 403 403       409       404 404 404 in
pending    cancel       409       409       403 403 409       409       404 404 404 in
pending    dispute      409       409       403 403 409       409       404 404 404 in
pending    statement    409       409       403 403 409       409       404 404 404 in
active     propose      new       403       403 403 new       403       404 404 404 in
active     accept       403       409       403 403 403       409       404 404 404 in
active     reject       403       409       403 403 403       409       404 404 404 in
active     withdraw     409       403       403 403 409       403       404 404 404 in
active     deliver      delivered 403       403 403 delivered 403       404 404 404 in
active     close        403       closed    403 403 403       closed    404 404 404 in
active     cancel       cancelled cancelled 403 403 cancelled cancelled 404 404 404 in
active     dispute      disputed  disputed  403 403 disputed  disputed  404 404 404 in
active     statement    409       409       403 403 409       409       404 404 404 in
delivered  propose      409       403       403 403 409       403       404 404 404 in
delivered  accept       403       409       403 403 403       409       404 404 404 in
delivered  reject       403       409       403 403 403       409       404 404 404 in
delivered  withdraw     409       403       403 403 409       403       404 404 404 in
delivered  deliver      409       403       403 403 409       403       404 404 404 in
delivered  close        403       closed    403 403 403       closed    404 404 404 in
delivered  cancel       409       409       403 403 409       409       404 404 404 in
delivered  dispute      disputed  disputed  403 403 disputed  disputed  404 404 404 in
delivered  statement    409       409       403 403 409       409       404 404 404 in
disputed   propose      409       403       403 403 409       403       404 404 404 in
disputed   accept       403       409       403 403 403       409       404 404 404 in
disputed   reject       403       409       403 403 403       409       404 404 404 in
disputed   withdraw     409       403       403 403 409       403       404 404 404 in
disputed   deliver      409       403       403 403 409       403       404 404 404 in
disputed   close        403       409       403 403 403       409       404 404 404 in
disputed   cancel       409       409       403 403 409       409       404 404 404 in
disputed   dispute      409       409       403 403 409       409       404 404 404 in
disputed   statement    said      said      403 403 said      said      404 404 404 in
closed     propose      new       403       403 403 new       403       404 404 404 in
closed     accept       403       409       403 403 403       409       404 404 404 in
closed     reject       403       409       403 403 403       409       404 404 404 in
closed     withdraw     409       403       403 403 409       403       404 404 404 in
closed     deliver      409       403       403 403 409       403       404 404 404 in
closed     close        403       409       403 403 403       409       404 404 404 in
closed     cancel       409       409       403 403 409       409       404 404 404 in
closed     dispute      409       409       403 403 409       409       404 404 404 in
closed     statement    409       409       403 403 409       409       404 404 404 in
rejected   propose      new       403       403 403 new       403       404 404 404 in
rejected   accept       403       409       403 403 403       409       404 404 404 in
rejected   reject       403       409       403 403 403       409       404 404 404 in
rejected   withdraw     409       403       403 403 409       403       404 404 404 in
rejected   deliver      409       403       403 403 409       403       404 404 404 in
rejected   close        403       409       403 403 403       409       404 404 404 in
rejected   cancel       409       409       403 403 409       409       404 404 404 in
rejected   dispute      409       409       403 403 409       409       404 404 404 in
rejected   statement    409       409       403 403 409       409       404 404 404 in
withdrawn  propose      new       403       403 403 new       403       404 404 404 in
withdrawn  accept       403       409       403 403 403       409       404 404 404 in
withdrawn  reject       403       409       403 403 403       409       404 404 404 in
withdrawn  withdraw     409       403       403 403 409       403       404 404 404 in
withdrawn  deliver      409       403       403 403 409       403       404 404 404 in
withdrawn  close        403       409       403 403 403       409       404 404 404 in
withdrawn  cancel       409       409       403 403 409       409       404 404 404 in
withdrawn  dispute      409       409       403 403 409       409       404 404 404 in
withdrawn  statement    409       409       403 403 409       409       404 404 404 in
expired    propose      new       403       403 403 new       403       404 404 404 in
expired    accept       403       409       403 403 403       409       404 404 404 in
expired    reject       403       409       403 403 403       409       404 404 404 in
expired    withdraw     409       403       403 403 409       403       404 404 404 in
expired    deliver      409       403       403 403 409       403       404 404 404 in
expired    close        403       409       403 403 403       409       404 404 404 in
expired    cancel       409       409       403 403 409       409       404 404 404 in
expired    dispute      409       409       403 403 409       409       404 404 404 in
expired    statement    409       409       403 403 409       409       404 404 404 in
cancelled  propose      new       403       403 403 new       403       404 404 404 in
cancelled  accept       403       409       403 403 403       409       404 404 404 in
cancelled  reject       403       409       403 403 403       409       404 404 404 in
cancelled  withdraw     409       403       403 403 409       403       404 404 404 in
cancelled  deliver      409       403       403 403 409       403       404 404 404 in
cancelled  close        403       409       403 403 403       409       404 404 404 in
cancelled  cancel       409       409       403 403 409       409       404 404 404 in
cancelled  dispute      409       409       403 403 409       409       404 404 404 in
cancelled  statement    409       409       403 403 409       409       404 404 404 in
superseded propose      new       403       403 403 new       403       404 404 404 in
superseded accept       403       409       403 403 403       409       404 404 404 in
superseded reject       403       409       403 403 403       409       404 404 404 in
superseded withdraw     409       403       403 403 409       403       404 404 404 in
superseded deliver      409       403       403 403 409       403       404 404 404 in
superseded close        403       409       403 403 403       409       404 404 404 in
superseded cancel       409       409       403 403 409       409       404 404 404 in
superseded dispute      409       409       403 403 409       409       404 404 404 in
superseded statement    409       409       403 403 409       409       404 404 404 in
"""
STATUSES = (
    "pending",
    "active",
    "delivered",
    "disputed",
    "closed",
    "rejected",
    "withdrawn",
    "expired",
    "cancelled",
    "superseded",
)
PATHS = {
    "propose": "/contactos/{contact}/acuerdo/",
    "accept": "/acuerdos/{agreement}/aceptar/",
    "reject": "/acuerdos/{agreement}/rechazar/",
    "withdraw": "/acuerdos/{agreement}/retirar/",
    "deliver": "/acuerdos/{agreement}/entregar/",
    "close": "/acuerdos/{agreement}/cerrar/",
    "cancel": "/acuerdos/{agreement}/cancelar/",
    "dispute": "/acuerdos/{agreement}/disputar/",
    "statement": "/acuerdos/{agreement}/declaracion/",
}
REFUSALS = {"403", "404", "409", "in"}
DATA = {"note": "No llegaste.", "price": "$1,200", "terms": "Pintar la sala.\nDos manos.", "accept_terms": "on"}


def rows() -> dict[tuple[str, str], tuple[str, ...]]:
    table = {}
    for line in TABLE.strip().splitlines():
        status, name, *cells = line.split()
        table[status, name] = tuple(cells)
    return table


def test_table_is_the_full_product():
    assert list(rows()) == [(status, name) for status in STATUSES for name in PATHS]
    assert {len(cells) for cells in rows().values()} == {len(WHO)} == {len(FIRST_PROPOSAL.split())}


class Scene:
    """An agreement in a status, and everybody who may try to move it."""

    def __init__(self, status, people, login):
        self.people, self.login = people, login
        contact = ContactFactory(listing__owner=people["provider"], opener=people["client"])
        self.agreement = None
        if status:
            traits = {} if status == "pending" else {status: True}
            self.agreement = AgreementFactory(contact=contact, **traits)
        if status == "superseded":
            AgreementFactory(contact=contact, active=True, amends=self.agreement)

    def browser(self, who: str) -> Client:
        """Return the browser of ``who``, after what makes them suspended or blocked has been done."""
        if who == "anonymous":
            return Client()
        state, _space, role = who.rpartition(" ")
        person = self.people[role]
        if state == "suspended":
            person.suspended_at = timezone.now()
            person.save(update_fields=["suspended_at"])
        elif state == "blocked":
            other = self.people["client" if role == "provider" else "provider"]
            Block.objects.create(blocker=other, blocked=person)
        return self.login(person)

    def outcome(self, response, name: str, who: str) -> str:
        """Return the cell that a response stands for."""
        if response.status_code != 302:
            return str(response.status_code)
        if response["Location"].startswith("/cuenta/login/?next="):
            return "in"
        if name == "propose":
            newest = Agreement.objects.order_by("-version")[0]
            assert (newest.status, newest.price) == ("pending", 1200)
            assert response["Location"] == f"/acuerdos/{newest.pk}/"
            return "new" if newest != self.agreement else "same"
        assert response["Location"] == f"/acuerdos/{self.agreement.pk}/"
        if name == "statement":
            author = self.people[who.rpartition(" ")[2]]
            return "said" if DisputeStatement.objects.filter(author=author).exists() else "silent"
        status = Agreement.objects.get(pk=self.agreement.pk).status
        event = self.agreement.events.latest("pk")
        assert (event.transition, event.to_status) == (name, status)
        assert event.actor == self.people[who.rpartition(" ")[2]]
        return status


@pytest.fixture
def people(owner, member, moderator, superuser):
    return {
        "provider": owner,
        "client": member,
        "stranger": UserFactory(),
        "moderator": moderator,
        "superuser": superuser,
    }


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("who", WHO)
def test_every_step(status, who, people, login):
    scene = Scene(status, people, login)
    browser = scene.browser(who)
    before = snapshot()
    expected = {name: rows()[status, name][WHO.index(who)] for name in PATHS}
    found = {}
    for name, path in PATHS.items():
        address = path.format(contact=scene.agreement.contact_id, agreement=scene.agreement.pk)
        with rolled_back():
            response = browser.post(address, DATA)
            found[name] = scene.outcome(response, name, who)
            assert found[name] not in REFUSALS or snapshot() == before, name
        assert response.status_code == 302 or b"<h1" in response.content
    assert found == expected


@pytest.mark.parametrize(("who", "cell"), list(zip(WHO, FIRST_PROPOSAL.split(), strict=True)))
def test_first_proposal(who, cell, people, login):
    scene = Scene("", people, login)
    browser = scene.browser(who)
    before = snapshot()
    response = browser.post(PATHS["propose"].format(contact=Contact.objects.get().pk), DATA)
    assert scene.outcome(response, "propose", who) == cell
    assert cell not in REFUSALS or snapshot() == before
