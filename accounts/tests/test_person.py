import pytest
from django.utils import timezone, translation

from accounts.forms import INVALID_PHONE
from accounts.models import User
from accounts.permissions import can_view_profile
from accounts.tests.factories import UserFactory
from notices.actions import notify
from notices.models import OutboxMail

PATH = "/cuenta/persona/"
DATA = {"first_name": "Pilar María", "last_name": "Santiago Vega", "phone": "787-555-0199", "language": "en"}


def stored(user):
    return User.objects.values("first_name", "last_name", "phone", "language", "email", "is_staff").get(pk=user.pk)


def test_person_changes_their_data(owner, login):
    response = login(owner).post(PATH, DATA | {"email": "otro@example.com", "is_staff": "1"})
    assert (response.status_code, response["Location"]) == (302, PATH)
    expected = DATA | {"phone": "+17875550199", "email": owner.email, "is_staff": False}
    assert stored(owner) == expected


def test_form_shows_what_is_stored(owner, login):
    page = login(owner).get(PATH).content.decode()
    assert 'value="Pilar"' in page
    assert 'value="(787) 555-0134"' in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("first_name", ""),
        ("last_name", ""),
        ("phone", "555"),
        ("phone", ""),
        ("language", "fr"),
        ("last_name", "x" * 81),
    ],
)
def test_bad_input_comes_back_with_a_sentence(owner, login, field, typed):
    before = stored(owner)
    response = login(owner).post(PATH, DATA | {field: typed})
    assert response.status_code == 200
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert [form[name].value() for name in DATA] == list((DATA | {field: typed}).values())
    assert stored(owner) == before


def test_bad_phone_says_how_to_write_it(owner, login):
    response = login(owner).post(PATH, DATA | {"phone": "555"})
    assert response.context["form"].errors == {"phone": [INVALID_PHONE]}


@pytest.mark.parametrize(("who", "sentence"), [("suspended", "suspendida"), ("unverified", "Confirma primero")])
@pytest.mark.parametrize("method", ["get", "post"])
def test_those_who_may_not_act_are_refused_with_a_sentence(request, login, who, sentence, method):
    user = request.getfixturevalue(who)
    before = stored(user)
    response = getattr(login(user), method)(PATH, DATA)
    assert response.status_code == 403
    assert sentence in response.content.decode()
    assert stored(user) == before


def test_strangers_are_sent_to_login(client, db):
    assert client.post(PATH, DATA)["Location"] == f"/cuenta/login/?next={PATH}"


def test_visible_people_are_those_whose_profile_the_predicate_shows(owner, suspended, unverified, superuser):
    closed = UserFactory(is_active=False)
    everybody = [owner, suspended, unverified, superuser, closed]
    for viewer in everybody:
        by_set = set(User.objects.visible_to(viewer))
        assert by_set == {person for person in everybody if can_view_profile.test(viewer, person)}
    assert closed not in User.objects.visible_to(owner)


def test_profile_address_has_the_name_in_it(owner):
    with translation.override("es-pr"):
        assert owner.get_absolute_url() == f"/perfil/{owner.pk}-pilar-santiago/"
    with translation.override("en"):
        assert owner.get_absolute_url() == f"/en/perfil/{owner.pk}-pilar-santiago/"


def test_language_chosen_here_is_that_of_the_next_mail(owner, login):
    def subject() -> str:
        path = "/promociones/1-destapes/"
        notify(recipient=owner, kind="listing_restored", context={"title": "Destapes"}, path=path, now=timezone.now())
        mail = OutboxMail.objects.newest_first()[0]
        assert ("/en/promociones/" in mail.text) == (owner.language == "en")
        return mail.subject

    spanish = subject()
    login(owner).post(PATH, DATA | {"language": "en"})
    owner.refresh_from_db()
    assert subject() != spanish
