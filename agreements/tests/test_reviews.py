"""Reviews over HTTP: double-blind, written once, answered once."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from accounts.models import Profile, User
from accounts.tests.factories import UserFactory
from agreements.actions.clock import publish_due_reviews
from agreements.models import Agreement, Contact, Review, ReviewPhoto
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from notices.models import Notice, OutboxMail
from palitas.tests.snapshot import snapshot
from services.models import Picture
from services.tests.factories import PictureFactory, PromotionFactory
from services.tests.pictures import upload

WORDS = {"rating": "4", "body": "Llegó tarde.\r\nTrabajó bien."}
UNTIL_OVER = timedelta(days=14, hours=1)


def agreement_of(owner, member, **traits) -> Agreement:
    """Return an agreement in which the owner is the provider and the member the client."""
    contact = ContactFactory(listing=PromotionFactory(owner=owner), opener=member)
    return AgreementFactory(contact=contact, created_at=timezone.now() - timedelta(hours=4), **traits)


@pytest.fixture
def agreement(owner, member) -> Agreement:
    return agreement_of(owner, member, closed=True)


@pytest.fixture
def answered(agreement) -> Review:
    """What the member says of the owner, for all to read."""
    return ReviewFactory(agreement=agreement)


def path_of(agreement: Agreement) -> str:
    return f"{agreement.get_absolute_url()}resena/"


def reply_path(review: Review) -> str:
    return f"/resenas/{review.pk}/responder/"


def section_of(browser, agreement) -> BeautifulSoup:
    response = browser.get(agreement.get_absolute_url())
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser").select_one("#resenas")


def told() -> list[tuple[User, str]]:
    assert OutboxMail.objects.count() == Notice.objects.count()
    return [(notice.recipient, notice.kind) for notice in Notice.objects.order_by("pk").select_related("recipient")]


# Writing ------------------------------------------------------------------------------------------------------------


def test_first_review_waits_unseen_and_the_other_side_is_told(agreement, owner, member, login, client):
    response = login(member).post(path_of(agreement), WORDS)
    assert (response.status_code, response["Location"]) == (302, agreement.get_absolute_url())

    review = Review.objects.get()
    assert (review.author, review.subject, review.rating) == (member, owner, 4)
    assert review.body == "Llegó tarde.\nTrabajó bien."
    assert review.published_at is None
    assert told() == [(owner, "review_waiting")]
    assert Contact.objects.get().owner_unread
    assert Profile.objects.get(user=owner).reviews_count == 0
    for browser in (client, login(owner), login(UserFactory(superuser=True))):
        assert "Llegó tarde" not in browser.get(owner.get_absolute_url()).content.decode()
    assert "Llegó tarde" not in str(section_of(login(owner), agreement))
    own = section_of(login(member), agreement)
    assert "Llegó tarde" in own.text
    assert "solo tú la ves" in own.text


def test_both_reviews_appear_together(agreement, owner, member, login, client):
    login(member).post(path_of(agreement), WORDS)
    login(owner).post(path_of(agreement), {"rating": "5", "body": "Pagó al momento."})

    first, second = Review.objects.order_by("pk")
    assert first.published_at == second.published_at is not None
    assert told()[0] == (owner, "review_waiting")
    assert set(told()[1:]) == {(member, "review_published"), (owner, "review_published")}
    agreement.refresh_from_db()
    assert (agreement.reviews_written, agreement.is_reviewed) == (2, True)
    for person, words in ((owner, "Llegó tarde"), (member, "Pagó al momento")):
        assert words in client.get(person.get_absolute_url()).content.decode()
    figures = Profile.objects.values_list("reviews_count", "rating_average")
    assert figures.get(user=owner) == (1, 4)
    assert figures.get(user=member) == (1, 5)
    text = section_of(login(owner), agreement).text
    assert "Llegó tarde" in text
    assert "Pagó al momento" in text


def test_only_review_appears_when_the_window_is_over(agreement, owner, member, login, client):
    login(member).post(path_of(agreement), WORDS)
    assert publish_due_reviews(agreement.review_until - timedelta(seconds=1)) == 0
    assert Review.objects.get().published_at is None

    assert publish_due_reviews(agreement.review_until) == 1
    assert publish_due_reviews(agreement.review_until) == 0
    assert "Llegó tarde" in client.get(owner.get_absolute_url()).content.decode()
    assert told() == [(owner, "review_waiting"), (owner, "review_published")]
    assert Profile.objects.get(user=owner).reviews_count == 1
    section = section_of(login(owner), agreement)
    assert "No escribiste una reseña." in section.text
    assert section.find("form", action=path_of(agreement)) is None


@pytest.mark.parametrize("who", ["owner", "member"])
def test_window_does_not_end_while_a_side_is_suspended(owner, member, login, who):
    """See docs/decisions/0010-reviews-of-suspended-people.md."""
    agreement = agreement_of(owner, member, closed=True)
    Agreement.objects.update(review_until=timezone.now() - timedelta(days=1))
    person, other = (owner, member) if who == "owner" else (member, owner)
    ReviewFactory(agreement=agreement, author=person, subject=other, hidden=True)
    User.objects.filter(pk=person.pk).suspend(now=timezone.now() - timedelta(days=5), reason="Estafa.")
    assert publish_due_reviews(timezone.now()) == 0
    section = section_of(login(other), agreement)
    assert "Los 14 días no corren" in section.text
    assert section.find("form", action=path_of(agreement))
    assert login(person).post(path_of(agreement), WORDS).status_code == 403
    assert login(other).post(path_of(agreement), WORDS).status_code == 302
    # Both are in.
    assert Review.objects.public().count() == 2


def test_own_review_says_that_the_window_stands_still(agreement, owner, member, login):
    login(member).post(path_of(agreement), WORDS)
    User.objects.filter(pk=owner.pk).suspend(now=timezone.now(), reason="Estafa.")
    text = section_of(login(member), agreement).text
    assert "solo tú la ves. Los 14 días no corren" in text
    Agreement.objects.update(review_until=timezone.now() - timedelta(days=1))
    assert "Pasaron los 14 días" not in login(member).post(path_of(agreement), WORDS).content.decode()


def test_window_without_reviews_ends_silently(agreement, owner, member, login):
    assert publish_due_reviews(agreement.review_until) == 0
    agreement.refresh_from_db()
    assert agreement.reviews_published_at == agreement.review_until
    assert not agreement.is_reviewed
    assert told() == []
    assert login(member).post(path_of(agreement), WORDS).status_code == 409


def test_agreement_cancelled_while_active_is_reviewed_too(owner, member, login):
    agreement = agreement_of(owner, member, cancelled=True)
    assert login(owner).post(path_of(agreement), WORDS).status_code == 302
    assert Review.objects.get().subject == member


def test_review_of_somebody_who_was_suspended_meanwhile(agreement, owner, member, login):
    owner.suspended_at = timezone.now()
    owner.save(update_fields=["suspended_at"])
    assert login(member).post(path_of(agreement), WORDS).status_code == 302


def test_stars_alone_are_a_review(agreement, member, login):
    assert login(member).post(path_of(agreement), {"rating": "1"}).status_code == 302
    assert Review.objects.get().body == ""


def test_photos_are_shown_in_their_order(agreement, owner, member, login, client):
    login(owner).post(path_of(agreement), {"rating": "5"})
    login(member).post(path_of(agreement), WORDS | {"photos": [upload(), upload(image_format="WEBP")]})
    photos = list(ReviewPhoto.objects.order_by("position").values_list("picture", flat=True))
    assert len(photos) == 2
    assert not Picture.objects.filter(claimed_at=None).exists()
    page = BeautifulSoup(client.get(owner.get_absolute_url()).content, "html.parser")
    shown = [link["href"] for link in page.select(".review-photos a")]
    assert [str(pk) in href for pk, href in zip(photos, shown, strict=True)] == [True, True]
    assert page.select_one(".review-photos img")["alt"] == "Foto 1 de la reseña de Carlos Ortiz"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"rating": ""}, {"rating": ["Escoge de 1 a 5 estrellas."]}),
        ({"rating": "0"}, {"rating"}),
        ({"rating": "6"}, {"rating"}),
        ({"rating": "4.5"}, {"rating"}),
        ({"body": "x" * 1001}, {"body"}),
    ],
)
def test_bad_input_comes_back_with_all_that_was_typed(agreement, member, login, typed, errors):
    sent = {**WORDS, **typed, "photos": [upload()]}
    response = login(member).post(path_of(agreement), sent)
    assert response.status_code == 200
    form = response.context["review_form"]
    assert set(form.errors) == set(errors)
    if isinstance(errors, dict):
        assert form.errors == errors
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one("main")["data-kind"] == "agreement"
    assert page.select_one("#resenas textarea").text.split() == sent["body"].split()
    if "rating" not in errors:
        assert page.select_one("#resenas input[name=rating][checked]")["value"] == sent["rating"]
    [kept] = page.select("#resenas input[name=kept_photos]")
    assert not Review.objects.exists()

    response = login(member).post(path_of(agreement), WORDS | {"kept_photos": kept["value"]})
    assert response.status_code == 302
    assert str(ReviewPhoto.objects.get().picture_id) == kept["value"]


def test_fifth_photo_is_refused(agreement, member, login):
    response = login(member).post(path_of(agreement), WORDS | {"photos": [upload() for _ in range(5)]})
    assert list(response.context["review_form"].errors) == ["photos"]
    assert not Review.objects.exists()
    assert len(response.context["review_form"].fields["photos"].widget.photos) == 4


def test_picture_that_another_form_took_is_refused_and_nothing_is_written(agreement, member, login, monkeypatch):
    picture = PictureFactory(owner=member)
    monkeypatch.setattr("services.models.picture.PictureQuerySet.claim", lambda *_args, **_words: 0)
    response = login(member).post(path_of(agreement), WORDS | {"kept_photos": str(picture.pk)})
    assert response.status_code == 200
    assert "ya no está disponible" in response.content.decode()
    assert not Review.objects.exists()
    agreement.refresh_from_db()
    assert agreement.reviews_written == 0
    assert told() == []


def test_form_of_stars_is_five_radio_buttons(agreement, member, login):
    buttons = section_of(login(member), agreement).select("input[type=radio][name=rating]")
    assert [button["value"] for button in buttons] == ["1", "2", "3", "4", "5"]
    assert [button.find_parent("label").get_text(strip=True) for button in buttons][2] == "3 estrellas: regular"
    assert not any(button.has_attr("checked") for button in buttons)


# Refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "sentence"),
    [
        ("", "Podrás escribir una reseña cuando el acuerdo termine."),
        ("active", "Podrás escribir una reseña cuando el acuerdo termine."),
        ("delivered", "Podrás escribir una reseña cuando el acuerdo termine."),
        ("disputed", "Podrás escribir una reseña cuando el acuerdo termine."),
        ("rejected", "Este acuerdo no llegó a hacerse: no lleva reseñas."),
        ("withdrawn", "Este acuerdo no llegó a hacerse: no lleva reseñas."),
        ("expired", "Este acuerdo no llegó a hacerse: no lleva reseñas."),
        ("superseded", "Otra versión reemplazó este acuerdo: la reseña va en ella."),
    ],
)
def test_agreement_that_did_not_end_well_or_badly_has_no_reviews(owner, member, login, trait, sentence):
    agreement = agreement_of(owner, member, **({trait: True} if trait else {}))
    browser = login(member)
    before = snapshot()
    response = browser.post(path_of(agreement), WORDS | {"photos": [upload()]})
    assert response.status_code == 409
    assert sentence in response.content.decode()
    assert snapshot() == before
    page = browser.get(agreement.get_absolute_url()).content.decode()
    assert path_of(agreement) not in page


def test_review_after_the_window_is_409(owner, member, login):
    agreement = agreement_of(owner, member, closed=True)
    Agreement.objects.update(review_until=timezone.now())
    browser = login(member)
    before = snapshot()
    response = browser.post(path_of(agreement), WORDS)
    assert response.status_code == 409
    assert "Pasaron los 14 días para escribir una reseña." in response.content.decode()
    assert snapshot() == before
    assert section_of(login(member), agreement).find("form") is None


@pytest.mark.parametrize("is_published", [False, True])
def test_second_review_of_a_side_is_409(agreement, owner, member, login, is_published):
    login(member).post(path_of(agreement), WORDS)
    if is_published:
        login(owner).post(path_of(agreement), WORDS)
    browser = login(member)
    before = snapshot()
    response = browser.post(path_of(agreement), {"rating": "1", "body": "Me arrepentí."})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Ya escribiste tu reseña de este acuerdo." in page
    assert agreement.get_absolute_url() in page
    assert snapshot() == before


@pytest.mark.parametrize("who", ["moderator", "superuser", "unverified", "suspended"])
def test_agreement_of_others_is_not_there(agreement, who, request, login):
    browser = login(request.getfixturevalue(who))
    before = snapshot()
    assert browser.post(path_of(agreement), WORDS).status_code == 404
    assert browser.get(path_of(agreement)).status_code == 404
    assert snapshot() == before


def test_suspended_side_is_refused(agreement, member, login):
    browser = login(member)
    member.suspended_at = timezone.now()
    member.save(update_fields=["suspended_at"])
    before = snapshot()
    response = browser.post(path_of(agreement), WORDS)
    assert response.status_code == 403
    assert "Tu cuenta está suspendida" in response.content.decode()
    assert snapshot() == before
    assert section_of(browser, agreement).find("form") is None


def test_visitor_is_led_through_the_login_to_the_agreement(agreement, member, client, login):
    response = client.post(path_of(agreement), WORDS)
    assert response["Location"] == f"/cuenta/login/?next={path_of(agreement)}"
    assert not Review.objects.exists()
    assert login(member).get(path_of(agreement))["Location"] == agreement.get_absolute_url()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(agreement, answered, member, login, method):
    for path in (path_of(agreement), reply_path(answered)):
        assert getattr(login(member), method)(path).status_code == 405


# Replies ------------------------------------------------------------------------------------------------------------


def test_subject_replies_once_in_public(answered, owner, member, login, client):
    agreement = answered.agreement
    assert section_of(login(owner), agreement).find("form", action=reply_path(answered))
    response = login(owner).post(reply_path(answered), {"body": "Gracias,\r\nCarlos."})
    assert (response.status_code, response["Location"]) == (302, agreement.get_absolute_url())

    review = Review.objects.get()
    assert review.reply == "Gracias,\nCarlos."
    assert review.replied_at is not None
    assert told() == [(member, "review_replied")]
    page = client.get(owner.get_absolute_url()).content.decode()
    assert "Pilar respondió" in page
    assert "Gracias,<br>Carlos." in page
    assert section_of(login(owner), agreement).find("form", action=reply_path(answered)) is None

    browser = login(owner)
    before = snapshot()
    again = browser.post(reply_path(answered), {"body": "Otra cosa."})
    assert again.status_code == 409
    assert "Esta reseña ya tiene tu respuesta." in again.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("body", ["", " \n ", "x" * 1001])
def test_bad_reply_comes_back(answered, owner, login, body):
    response = login(owner).post(reply_path(answered), {"body": body})
    assert response.status_code == 200
    assert list(response.context["reply_form"].errors) == ["body"]
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one("#id_reply_body").text.strip() == body.strip()
    assert Review.objects.get().replied_at is None


@pytest.mark.parametrize("who", ["member", "moderator", "superuser", "suspended", "unverified"])
def test_only_the_subject_replies(answered, who, request, login):
    browser = login(request.getfixturevalue(who))
    before = snapshot()
    response = browser.post(reply_path(answered), {"body": "Me meto."})
    assert response.status_code == 403
    assert "<h1" in response.content.decode()
    assert snapshot() == before


def test_hidden_review_is_not_there_for_its_subject(agreement, owner, member, login):
    review = ReviewFactory(agreement=agreement, hidden=True)
    subject, author = login(owner), login(member)
    before = snapshot()
    for method in ("get", "post"):
        assert getattr(subject, method)(reply_path(review), {"body": "¿Qué dice?"}).status_code == 404
    assert author.post(reply_path(review), {"body": "Yo."}).status_code == 403
    assert snapshot() == before


def test_removed_review_is_not_there_for_its_subject(agreement, owner, member, login, client):
    review = ReviewFactory(agreement=agreement, removed=True, body="Es un ladrón.")
    assert login(owner).post(reply_path(review), {"body": "No."}).status_code == 404
    for browser in (client, login(owner), login(member)):
        assert "ladrón" not in browser.get(owner.get_absolute_url()).content.decode()
    assert "ladrón" not in section_of(login(owner), agreement).text
    assert "La moderación la retiró." in section_of(login(owner), agreement).text
    own = section_of(login(member), agreement).text
    assert "Es un ladrón." in own
    assert "La moderación la retiró. Razón: Insulta." in own


def test_after_the_login_a_reply_starts_at_the_agreement(answered, owner, login, client):
    assert client.post(reply_path(answered), {"body": "Gracias."})["Location"].startswith("/cuenta/login/?next=")
    assert login(owner).get(reply_path(answered))["Location"] == answered.agreement.get_absolute_url()


@pytest.mark.parametrize("pk", ["999999", "99999999999999999999"])
def test_unknown_numbers_are_not_found(member, login, pk):
    assert login(member).post(f"/acuerdos/{pk}/resena/", WORDS).status_code == 404
    assert login(member).post(f"/resenas/{pk}/responder/", {"body": "x"}).status_code == 404
