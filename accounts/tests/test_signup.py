import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.test import Client

from accounts.forms import INVALID_PHONE
from accounts.models import Profile, User
from accounts.tests.browser import SIGNUP, mailed_code, newest_mail, sign_up
from accounts.tests.factories import UserFactory
from notices.models import MailPriority, OutboxMail

CONFIRM = "/cuenta/confirm-email/"


def assert_nothing_written():
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not OutboxMail.objects.exists()


def test_form_has_the_fields_of_the_contract_and_no_role(client, db):
    fields = client.get("/cuenta/signup/").context["form"].fields
    assert list(fields) == ["email", "first_name", "last_name", "phone", "password1", "password2"]


def test_sign_up_creates_account_profile_and_mail(client, db):
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, CONFIRM)
    user = User.objects.get()
    assert (user.email, user.get_full_name()) == ("ana@example.com", "Ana Rosado Díaz")
    assert user.phone.as_e164 == "+17875550134"
    assert user.language == "es-pr"
    assert (user.is_staff, user.is_superuser, user.has_verified_email) == (False, False, False)
    assert Profile.objects.get().user == user
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.is_secret, mail.priority) == ("ana@example.com", True, MailPriority.URGENT)
    assert mail.subject == "Confirma tu correo en PalitasPR"


def test_code_from_the_mail_confirms_and_logs_in(client, db):
    sign_up(client)
    assert client.get(CONFIRM).status_code == 200
    response = client.post(CONFIRM, {"code": mailed_code()})
    assert (response.status_code, response["Location"]) == (302, "/tablero/")
    user = User.objects.get()
    assert user.has_verified_email
    assert client.session["_auth_user_id"] == str(user.pk)


def test_code_is_read_at_the_development_page_before_any_worker_runs(client, db):
    sign_up(client)
    page = Client().get("/correo/").content.decode()
    assert mailed_code() in page
    assert "ana@example.com" in page


def test_wrong_code_is_refused_with_a_sentence(client, db):
    sign_up(client)
    response = client.post(CONFIRM, {"code": "XXXXXX"})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert not EmailAddress.objects.get().verified
    assert "_auth_user_id" not in client.session


def test_third_wrong_code_ends_the_sign_up(client, db):
    sign_up(client)
    for _ in range(3):
        response = client.post(CONFIRM, {"code": "XXXXXX"})
    assert response.status_code == 302
    response = client.post(CONFIRM, {"code": mailed_code()})
    assert not EmailAddress.objects.get().verified


def test_code_does_not_help_another_browser(client, db):
    sign_up(client)
    response = Client().post(CONFIRM, {"code": mailed_code()})
    assert response.status_code == 302
    assert not EmailAddress.objects.get().verified


def test_sign_up_on_an_english_page_writes_in_english(client, db):
    response = client.post("/en/cuenta/signup/", SIGNUP)
    assert response["Location"] == "/en/cuenta/confirm-email/"
    assert User.objects.get().language == "en"


def test_email_in_capitals_is_kept_in_lower_case(client, db):
    sign_up(client, email="Ana@Example.COM")
    assert User.objects.get().email == "ana@example.com"


def test_known_email_gets_the_same_answer_and_its_owner_a_mail(client, db):
    UserFactory(email="ana@example.com", first_name="Verdadera")
    response = sign_up(client, email="ANA@example.com")
    assert (response.status_code, response["Location"]) == (302, CONFIRM)
    assert User.objects.get().first_name == "Verdadera"
    mail = newest_mail()
    assert (mail.recipient, mail.subject) == ("ana@example.com", "Ya tienes una cuenta")
    assert "/cuenta/password/reset/" in mail.text
    assert client.get(CONFIRM).status_code == 200


@pytest.mark.parametrize("is_known", [True, False])
def test_sign_up_hashes_once_whether_or_not_the_email_is_known(client, db, settings, monkeypatch, is_known):
    if is_known:
        UserFactory(email="ana@example.com")
    hashed = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda self, *args: hashed.append(args) or encode(self, *args)
    )
    sign_up(client)
    assert len(hashed) == 1


def test_lost_race_for_an_email_is_answered_like_a_known_one(client, db, monkeypatch):
    UserFactory(email="ana@example.com")
    monkeypatch.setattr(
        "allauth.account.internal.flows.manage_email.email_already_exists", lambda value, **_: (value, False)
    )
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, CONFIRM)
    assert User.objects.count() == 1
    assert newest_mail().subject == "Ya tienes una cuenta"


def test_failure_at_the_mail_takes_the_account_back(client, db, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("no outbox")

    monkeypatch.setattr("notices.backends.OutboxEmailBackend.send_messages", fail)
    with pytest.raises(RuntimeError):
        sign_up(client)
    assert_nothing_written()


@pytest.mark.parametrize("phone", ["787-555", "llámame", "787-555-01340", "123-456-7890", "+1"])
def test_bad_phone_is_refused_with_a_sentence_and_what_was_typed(client, db, phone):
    response = sign_up(client, phone=phone)
    assert response.status_code == 200
    form = response.context["form"]
    assert form.errors == {"phone": [INVALID_PHONE]}
    assert [form[name].value() for name in ("email", "first_name", "phone")] == ["ana@example.com", "Ana", phone]
    assert f'value="{phone}"' in response.content.decode()
    assert_nothing_written()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("787-555-0134", "+17875550134"),
        ("(787) 555 0134", "+17875550134"),
        ("7875550134", "+17875550134"),
        ("+1 939 555 0134", "+19395550134"),
        ("407-555-0134", "+14075550134"),
    ],
)
def test_phone_is_stored_in_e164(client, db, typed, stored):
    sign_up(client, phone=typed)
    assert User.objects.values_list("phone", flat=True).get() == stored


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", ""),
        ("email", "ana"),
        ("email", f"{'a' * 250}@example.com"),
        ("first_name", ""),
        ("first_name", "A" * 61),
        ("first_name", "A\0na"),
        ("last_name", ""),
        ("phone", ""),
        ("password1", "123"),
        ("password1", "contraseña"[:4]),
        ("password1", "password"),
        ("password2", "otra-cosa-distinta-1"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_at_its_field(client, db, field, typed):
    response = sign_up(client, **{field: typed})
    assert response.status_code == 200
    form = response.context["form"]
    assert field in form.errors or (field == "password1" and "password2" in form.errors)
    kept = {"email", "first_name", "last_name", "phone"} - {field}
    assert {name: form[name].value() for name in kept} == {name: SIGNUP[name] for name in kept}
    assert_nothing_written()


def test_role_and_staff_rights_cannot_be_signed_up_for(client, db):
    sign_up(client, is_staff="1", is_superuser="1", role="admin")
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_sign_up_is_limited_by_address(client, db):
    answers = [sign_up(client, email="mal").status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_logged_in_person_is_sent_away_from_sign_up(member, login):
    assert login(member).get("/cuenta/signup/").status_code == 302
