import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts.models import Profile, User
from accounts.tests.factories import PASSWORD, UserFactory
from moderation.groups import GROUP_NAME

EMAIL = "migdalia@example.com"
GOOD_PASSWORD = "pastelillo-de-chapin-9"


@pytest.fixture(autouse=True)
def no_password_in_the_environment(monkeypatch):
    monkeypatch.delenv("MODERATOR_PASSWORD", raising=False)


def create_moderator(capsys, *arguments: str) -> str:
    call_command("create_moderator", "--email", EMAIL, *arguments)
    return capsys.readouterr().out


def printed_password(output: str) -> str | None:
    return next((line.removeprefix("Password: ") for line in output.splitlines() if line.startswith("Password")), None)


def assert_is_moderator(user: User) -> None:
    assert (user.is_staff, user.is_superuser, user.is_active) == (True, False, True)
    assert list(user.groups.values_list("name", flat=True)) == [GROUP_NAME]
    assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [(EMAIL, True, True)]


def test_makes_a_new_account_that_can_moderate(db, capsys):
    output = create_moderator(capsys, "--first-name", "Migdalia", "--last-name", "Colón")
    user = User.objects.get()
    assert (user.email, user.get_full_name()) == (EMAIL, "Migdalia Colón")
    assert Profile.objects.get().user == user
    assert_is_moderator(user)
    assert user.check_password(printed_password(output))


def test_twice_changes_nothing(db, capsys):
    output = create_moderator(capsys, "--first-name", "Migdalia")
    assert printed_password(create_moderator(capsys)) is None
    user = User.objects.get()
    assert user.first_name == "Migdalia"
    assert_is_moderator(user)
    assert user.check_password(printed_password(output))


def test_promotes_a_member_who_keeps_the_password(db, capsys):
    UserFactory(email=EMAIL, first_name="Migdalia")
    assert printed_password(create_moderator(capsys)) is None
    user = User.objects.get()
    assert user.first_name == "Migdalia"
    assert_is_moderator(user)
    assert user.check_password(PASSWORD)


def test_e_mail_is_taken_in_any_case(db, capsys):
    user = UserFactory(email=EMAIL)
    call_command("create_moderator", "--email", " Migdalia@Example.COM ")
    assert_is_moderator(User.objects.get(pk=user.pk))


def test_account_that_never_confirmed_its_address_gets_a_new_password(db, capsys):
    UserFactory(email=EMAIL, unverified=True)
    output = create_moderator(capsys)
    user = User.objects.get()
    assert_is_moderator(user)
    assert not user.check_password(PASSWORD)
    assert user.check_password(printed_password(output))


def test_other_address_of_the_member_stops_being_the_first(db, capsys):
    user = UserFactory(email=EMAIL, unverified=True)
    user.emailaddress_set.update(primary=False)
    EmailAddress.objects.create(user=user, email="otra@example.com", primary=True)
    create_moderator(capsys)
    assert set(user.emailaddress_set.values_list("email", "primary")) == {(EMAIL, True), ("otra@example.com", False)}


def test_password_comes_from_the_environment(db, capsys, monkeypatch):
    monkeypatch.setenv("MODERATOR_PASSWORD", GOOD_PASSWORD)
    assert GOOD_PASSWORD not in create_moderator(capsys, "--first-name", "Migdalia")
    assert User.objects.get().check_password(GOOD_PASSWORD)


def test_password_is_asked_for(db, capsys, monkeypatch):
    monkeypatch.setattr("moderation.management.commands.create_moderator.getpass", lambda _prompt: GOOD_PASSWORD)
    create_moderator(capsys, "--first-name", "Migdalia", "--ask-password")
    assert User.objects.get().check_password(GOOD_PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (["--email", EMAIL], "", "first-name"),
        (["--email", "migdalia", "--first-name", "Migdalia"], "", "correo"),
        (["--email", EMAIL, "--first-name", "Migdalia"], "12345", "contraseña"),
    ],
)
def test_bad_input_makes_nothing(db, monkeypatch, arguments, password, sentence):
    monkeypatch.setenv("MODERATOR_PASSWORD", password)
    with pytest.raises(CommandError, match=sentence):
        call_command("create_moderator", *arguments)
    assert not User.objects.exists()


@pytest.mark.parametrize("trait", [{"suspended": True}, {"is_active": False}])
def test_closed_and_suspended_accounts_are_not_promoted(db, trait):
    UserFactory(email=EMAIL, **trait)
    with pytest.raises(CommandError, match="closed or suspended"):
        call_command("create_moderator", "--email", EMAIL)
    assert not User.objects.get().is_staff
