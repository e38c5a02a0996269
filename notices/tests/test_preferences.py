from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from django.core.signing import Signer
from django.test import Client

from accounts.tests.factories import UserFactory
from notices import kinds
from notices.actions import notify
from notices.delivery import build_message
from notices.kinds import MailCategory
from notices.models import MutedCategory, Notice, OutboxMail
from notices.preferences import (
    mute,
    read_unsubscribe_token,
    set_wanted_categories,
    unsubscribe_token,
    wanted_categories,
)
from notices.tests.samples import sample_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MUTABLE = [kind.name for kind in kinds.registered() if kind.category]
ALWAYS = [kind.name for kind in kinds.registered() if not kind.category]


def tell(recipient, kind):
    return notify(recipient=recipient, kind=kind, context=sample_of(kind), path="/contactos/7/", now=NOW)


def muted(user) -> set[str]:
    return set(MutedCategory.objects.filter(user=user).values_list("category", flat=True))


def test_some_kinds_can_be_switched_off_and_some_cannot():
    assert {"message_received", "contact_opened", "agreement_waits", "delivery_waits"} <= set(MUTABLE)
    assert {"agreement_proposed", "agreement_cancelled", "review_published", "account_suspended"} <= set(ALWAYS)


@pytest.mark.parametrize("kind", MUTABLE)
def test_muted_category_leaves_the_notice_and_no_mail(owner, member, kind):
    mute(user=owner, category=kinds.get(kind).category)
    tell(owner, kind)
    tell(member, kind)
    assert Notice.objects.count() == 2
    assert OutboxMail.objects.get().recipient == member.email


@pytest.mark.parametrize("kind", ALWAYS)
def test_what_happens_to_ones_agreements_and_account_always_arrives(owner, kind):
    set_wanted_categories(user=owner, wanted=())
    tell(owner, kind)
    mail = OutboxMail.objects.get()
    assert mail.headers == {}
    assert "/baja/" not in mail.text + mail.html


def test_another_category_still_arrives(owner):
    mute(user=owner, category=MailCategory.REMINDERS)
    tell(owner, "message_received")
    assert OutboxMail.objects.count() == 1


def test_closed_account_gets_no_mail(owner):
    owner.is_active = False
    owner.save(update_fields=["is_active"])
    tell(owner, "agreement_closed")
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize(("language", "prefix"), [("es-pr", ""), ("en", "/en")])
def test_mail_of_a_category_says_how_to_switch_it_off(db, settings, language, prefix):
    settings.SITE_URL = "https://palitas.example"
    reader = UserFactory(language=language)
    tell(reader, "message_received")
    mail = OutboxMail.objects.get()
    url = f"https://palitas.example{prefix}/baja/{unsubscribe_token(reader, MailCategory.MESSAGES)}/"
    assert mail.headers == {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert f"\n{url}\n" in mail.text
    assert f'href="{url}"' in mail.html
    assert f"https://palitas.example{prefix}/avisos/" in mail.text
    sent = message_from_bytes(build_message(mail).message().as_bytes())
    assert "".join(sent["List-Unsubscribe"].split()) == f"<{url}>"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_setting_preferences_switches_on_and_off(owner, member):
    mute(user=owner, category=MailCategory.MESSAGES)
    mute(user=member, category=MailCategory.MESSAGES)
    set_wanted_categories(user=owner, wanted=[MailCategory.MESSAGES, MailCategory.SEARCHES])
    assert muted(owner) == {"reminders", "matching"}
    assert wanted_categories(owner) == ["messages", "searches"]
    assert muted(member) == {"messages"}


def test_muting_twice_changes_nothing(owner):
    for _ in range(2):
        mute(user=owner, category=MailCategory.MATCHING)
    assert MutedCategory.objects.count() == 1


def test_token_names_person_and_category(owner):
    assert read_unsubscribe_token(unsubscribe_token(owner, MailCategory.SEARCHES)) == (owner, MailCategory.SEARCHES)


def test_token_outlives_a_change_of_the_secret_while_the_former_is_kept(owner, settings):
    token = unsubscribe_token(owner, MailCategory.SEARCHES)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-" + "x" * 40
    assert read_unsubscribe_token(token) == (owner, MailCategory.SEARCHES)


def forged(owner):
    good = unsubscribe_token(owner, MailCategory.MESSAGES)
    signer = Signer(sep=".", salt="notices.unsubscribe")
    return {
        "another person": good.replace(str(owner.pk), str(owner.pk + 1), 1),
        "another category": good.replace("messages", "reminders"),
        "cut": good[:-1],
        "unsigned": f"{owner.pk}.messages",
        "signed for something else": Signer(sep=".", salt="another").sign(f"{owner.pk}.messages"),
        "person who is gone": signer.sign("999999.messages"),
        "unknown category": signer.sign(f"{owner.pk}.palitas"),
        "no category": signer.sign(str(owner.pk)),
        "no person": signer.sign("x.messages"),
    }


@pytest.mark.parametrize(
    "mistake",
    [
        "another person",
        "another category",
        "cut",
        "unsigned",
        "signed for something else",
        "person who is gone",
        "unknown category",
        "no category",
        "no person",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_bad_token_is_not_found_and_changes_nothing(client, owner, member, mistake, method):
    tokens = forged(owner)
    response = getattr(client, method)(f"/baja/{tokens[mistake]}/", {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 404
    assert not MutedCategory.objects.exists()


@pytest.fixture
def address(owner) -> str:
    return f"/baja/{unsubscribe_token(owner, MailCategory.MESSAGES)}/"


def test_page_asks_and_changes_nothing(client, owner, address):
    page = client.get(address).content.decode()
    assert "Mensajes y contactos nuevos" in page
    assert owner.email not in page
    assert client.head(address).status_code == 200
    assert muted(owner) == set()


def test_button_switches_the_category_off_without_login(owner, address):
    browser = Client(enforce_csrf_checks=True)
    response = browser.post(address)
    assert (response.status_code, response["Location"]) == (302, address)
    assert muted(owner) == {"messages"}
    assert "No recibirás más estos correos" in browser.get(address).content.decode()


def test_one_click_of_a_mail_program_is_not_redirected(owner, address):
    """RFC 8058, 3.1 and 3.2: no cookie, no token, no redirect; repeating it is harmless."""
    for _ in range(2):
        response = Client(enforce_csrf_checks=True).post(
            address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code == 200
    assert muted(owner) == {"messages"}


def test_link_is_about_the_person_of_the_mail_not_of_the_browser(owner, member, login, address):
    login(member).post(address)
    assert muted(owner) == {"messages"}
    assert muted(member) == set()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, owner, address, method):
    assert getattr(client, method)(address).status_code == 405
    assert muted(owner) == set()
