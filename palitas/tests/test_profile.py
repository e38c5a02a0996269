import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import GalleryPhoto, Profile, User
from accounts.tests.factories import UserFactory
from agreements.models import Review
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from services.models import Picture
from services.tests.factories import PhotoFactory, PictureFactory, PromotionFactory, ServiceRequestFactory, TownFactory
from services.tests.pictures import upload

EDIT = "/perfil/editar/"
WORDS = {
    "headline": "Plomera en Ponce",
    "bio": "Quince años.\r\nTrabajo limpio.",
    "base_town": "ponce",
    "links": "instagram.com/pilar\nhttps://pilar.example/obra",
}


def picture_of(owner) -> Picture:
    return PictureFactory(owner=owner, claimed=True)


def unclaimed_of(owner) -> Picture:
    return PictureFactory(owner=owner)


@pytest.fixture
def profile(owner) -> Profile:
    """Everything that a profile can have."""
    profile = owner.profile
    profile.headline, profile.bio = "Plomera <b>en</b> Ponce", "Quince años de experiencia."
    profile.base_town = TownFactory()
    profile.links = ["https://www.instagram.com/pilar/", "https://pilar.example/?a=1&b=2"]
    profile.picture, profile.cover, profile.payment_qr = (picture_of(owner) for _ in range(3))
    profile.palitas_count, profile.reviews_count, profile.rating_average = 1234, 7, Decimal("4.57")
    profile.save()
    GalleryPhoto.objects.create(profile=profile, picture=picture_of(owner), alt="Baño nuevo")
    return profile


def page_of(browser, person) -> str:
    response = browser.get(person.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_profile_shows_what_the_person_says(client, owner, profile):
    page = page_of(client, owner)
    assert "Pilar Santiago" in page
    assert "Plomera &lt;b&gt;en&lt;/b&gt; Ponce" in page
    assert "Quince años de experiencia." in page
    assert 'href="/pueblos/ponce/"' in page
    assert 'alt="Baño nuevo"' in page
    for picture in (profile.picture, profile.cover, profile.gallery.get().picture):
        assert str(picture.pk) in page


def test_profile_never_shows_how_to_reach_or_pay_the_person(client, member, login, owner, profile):
    PromotionFactory(owner=owner)
    for browser in (client, login(member)):
        page = page_of(browser, owner)
        assert owner.email not in page
        assert not re.search(r"787\D{0,2}555\D?0134", page)
        assert str(profile.payment_qr_id) not in page


def test_profile_tells_its_figures_to_machines(client, owner, profile):
    page = page_of(client, owner)
    main = re.search(r"<main[^>]*>", page)[0]
    assert 'data-kind="profile"' in main
    assert f'data-id="{owner.pk}"' in main
    assert 'data-palitas="1234"' in main
    assert 'data-rating="4.57"' in main
    assert 'data-reviews="7"' in main


def test_new_profile_has_no_rating(client, owner):
    main = re.search(r"<main[^>]*>", page_of(client, owner))[0]
    assert 'data-palitas="0" data-rating="" data-reviews="0"' in main


def test_links_are_not_recommended_to_search_engines(client, owner, profile):
    page = page_of(client, owner)
    assert '<a href="https://www.instagram.com/pilar/" rel="nofollow noopener ugc">instagram.com/pilar</a>' in page
    assert '<a href="https://pilar.example/?a=1&amp;b=2" rel="nofollow noopener ugc">pilar.example</a>' in page


def test_profile_has_data_for_search_engines_and_shared_links(client, owner, profile, settings):
    settings.SITE_URL = "https://palitas.example"
    PromotionFactory(owner=owner)
    owner.profile.bio = "</script><script>alert(1)</script>"
    owner.profile.headline = ""
    owner.profile.save()
    page = page_of(client, owner)
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert data["@type"] == "LocalBusiness"
    assert data["name"] == "Pilar Santiago"
    assert data["url"] == f"https://palitas.example{owner.get_absolute_url()}"
    assert data["description"] == "</script><script>alert(1)</script>"
    assert data["aggregateRating"] == {"@type": "AggregateRating", "ratingValue": "4.57", "reviewCount": 7}
    assert data["address"]["addressLocality"] == "Ponce"
    assert "telephone" not in data
    assert f'<meta property="og:url" content="https://palitas.example{owner.get_absolute_url()}">' in page
    assert '<meta property="og:type" content="profile">' in page
    assert "<script>alert(1)</script>" not in page


def test_person_who_offers_nothing_is_a_person(client, owner):
    page = page_of(client, owner)
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@type"] == "Person"


def test_profile_shows_published_listings_only(client, owner, member):
    shown = [PromotionFactory(owner=owner), ServiceRequestFactory(owner=owner)]
    for trait in ("draft", "paused", "archived", "removed", "deleted"):
        PromotionFactory(owner=owner, **{trait: True})
    PromotionFactory(owner=member)
    page = page_of(client, owner)
    assert sorted(re.findall(r'<article[^>]*data-id="(\d+)"', page)) == sorted(str(listing.pk) for listing in shown)


def test_promotions_are_paged(client, owner):
    PromotionFactory.create_batch(13, owner=owner)
    path = owner.get_absolute_url()
    assert len(client.get(path).context["page"]) == 12
    assert len(client.get(f"{path}?pagina=2").context["page"]) == 1


def test_former_name_in_the_address_redirects(client, owner):
    response = client.get(f"/perfil/{owner.pk}-otro-nombre/")
    assert (response.status_code, response["Location"]) == (302, owner.get_absolute_url())


@pytest.mark.parametrize("path", ["/perfil/999-nadie/", "/perfil/99999999999999999999999-nadie/"])
def test_nobodys_profile_is_not_found(client, db, path):
    assert client.get(path).status_code == 404


def test_profile_of_a_suspended_person_is_theirs_alone(client, suspended, member, superuser, login):
    path = suspended.get_absolute_url()
    assert client.get(path).status_code == 404
    assert login(member).get(path).status_code == 404
    assert login(superuser).get(path).status_code == 404
    assert login(suspended).get(path).status_code == 200


def test_profile_of_a_closed_account_is_not_found(client, db):
    assert client.get(UserFactory(is_active=False).get_absolute_url()).status_code == 404


def test_only_the_person_is_offered_to_edit(client, owner, member, login):
    link = f'href="{EDIT}"'
    assert link in page_of(login(owner), owner).split("<main")[1]
    assert link not in page_of(login(member), owner).split("<main")[1]
    assert link not in page_of(client, owner)


def test_profile_only_reads(client, owner):
    assert client.post(owner.get_absolute_url()).status_code == 405


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_profile_takes_the_same_queries_whatever_it_shows(client, owner, rows, django_assert_num_queries):
    for position in range(rows):
        GalleryPhoto.objects.create(profile=owner.profile, picture=picture_of(owner), position=position)
        for factory in (PromotionFactory, ServiceRequestFactory):
            PhotoFactory(listing=factory(owner=owner))
        review_of(owner, photo_count=2)
    with django_assert_num_queries(16):
        client.get(owner.get_absolute_url())


# Reviews ------------------------------------------------------------------------------------------------------------


def review_of(person, **words) -> Review:
    listing = PromotionFactory(owner=person, paused=True)
    return ReviewFactory(agreement=AgreementFactory(contact=ContactFactory(listing=listing), closed=True), **words)


def reviews_on(page: str) -> list[str]:
    return re.findall(r'<article class="review[^>]*id="resena-(\d+)"', page)


def test_profile_shows_public_reviews_about_the_person(client, owner):
    first = review_of(owner, body="Llegó <b>tarde</b>.", rating=3, replied=True, photo_count=1)
    second = review_of(owner, body="Excelente.")
    for traits in ({"hidden": True}, {"removed": True}):
        review_of(owner, body="No se lee.", **traits)
    review_of(first.author, body="De otra persona.")
    page = page_of(client, owner)
    assert reviews_on(page) == [str(second.pk), str(first.pk)]
    assert "Llegó &lt;b&gt;tarde&lt;/b&gt;." in page
    assert "Gracias por la confianza." in page
    assert str(first.photos.get().picture_id) in page
    assert "No se lee." not in page
    assert "De otra persona." not in page


def test_author_who_has_left_is_a_former_member(client, owner):
    left, gone = review_of(owner), review_of(owner)
    User.objects.filter(pk=left.author_id).update(is_active=False, erased_at=timezone.now(), first_name="Ramón")
    User.objects.filter(pk=gone.author_id).update(suspended_at=timezone.now(), first_name="Susana")
    page = page_of(client, owner)
    assert "Miembro anterior" in page
    assert "Ramón" not in page
    assert "Susana" in page
    for author in (left.author_id, gone.author_id):
        assert f'href="/perfil/{author}-' not in page


def test_distribution_goes_from_five_stars_to_one(client, owner):
    for rating in (5, 5, 4, 1):
        review_of(owner, rating=rating)
    review_of(owner, rating=1, removed=True)
    response = client.get(owner.get_absolute_url())
    assert response.context["distribution"] == [(5, 2), (4, 1), (3, 0), (2, 0), (1, 1)]
    meters = re.findall(r'<meter min="0" max="4" value="(\d)" aria-label="(\d) estrellas?">', response.content.decode())
    assert meters == [("2", "5"), ("1", "4"), ("0", "3"), ("0", "2"), ("1", "1")]


def test_reviews_are_paged_beside_the_promotions(client, owner):
    reviews = [review_of(owner) for _row in range(11)]
    PromotionFactory.create_batch(13, owner=owner)
    path = owner.get_absolute_url()
    assert len(reviews_on(page_of(client, owner))) == 10
    page = client.get(f"{path}?pagina=2&resenas=2").content.decode()
    assert reviews_on(page) == [str(reviews[0].pk)]
    assert 'href="?pagina=2&amp;resenas=1#resenas"' in page
    assert 'href="?resenas=2&amp;pagina=1"' in page
    assert len(reviews_on(client.get(f"{path}?resenas=x").content.decode())) == 10


def test_typical_answer_time_is_told_from_five_answers_on(client, owner):
    opened = timezone.now() - timedelta(days=2)
    listing = PromotionFactory(owner=owner)
    for answers in range(5):
        assert "Suele contestar" not in page_of(client, owner)
        ContactFactory(listing=listing, created_at=opened, owner_wrote_at=opened + timedelta(hours=2 + answers))
    assert "Suele contestar en unas horas" in page_of(client, owner)


# Editing ------------------------------------------------------------------------------------------------------------


def stored(owner) -> dict:
    profile = Profile.objects.get(user=owner)
    words = {name: getattr(profile, name) for name in ("headline", "bio", "links", "base_town_id")}
    return words | {"pictures": profile.picture_ids()}


def test_owner_writes_their_profile(owner, login):
    town = TownFactory()
    response = login(owner).post(EDIT, WORDS)
    assert (response.status_code, response["Location"]) == (302, owner.get_absolute_url())
    assert stored(owner) == {
        "headline": "Plomera en Ponce",
        "bio": "Quince años.\nTrabajo limpio.",
        "links": ["https://instagram.com/pilar", "https://pilar.example/obra"],
        "base_town_id": town.pk,
        "pictures": set(),
    }


def test_form_shows_what_is_stored(owner, profile, login):
    page = login(owner).get(EDIT).content.decode()
    assert "https://www.instagram.com/pilar/\nhttps://pilar.example/?a=1&amp;b=2" in page
    for pk in profile.picture_ids():
        assert str(pk) in page


def test_profile_can_be_emptied(owner, profile, login):
    pictures = profile.picture_ids()
    drops = {
        "drop_picture": profile.picture_id,
        "drop_cover": profile.cover_id,
        "drop_payment_qr": profile.payment_qr_id,
        "drop_gallery": profile.gallery.get().picture_id,
    }
    assert login(owner).post(EDIT, drops).status_code == 302
    assert stored(owner) == {"headline": "", "bio": "", "links": [], "base_town_id": None, "pictures": set()}
    assert set(Picture.objects.discarded().values_list("pk", flat=True)) == pictures


def test_pictures_stay_when_only_words_change(owner, profile, login):
    before = profile.picture_ids()
    login(owner).post(EDIT, {"headline": "Otra cosa"})
    assert stored(owner)["pictures"] == before
    assert not Picture.objects.discarded().exists()
    assert profile.gallery.get().alt == "Baño nuevo"


def test_new_pictures_are_claimed(owner, login):
    sent = {name: upload(name=f"{name}.jpg") for name in ("picture", "cover", "payment_qr")}
    assert login(owner).post(EDIT, sent | {"gallery": [upload(), upload()]}).status_code == 302
    profile = Profile.objects.get(user=owner)
    assert profile.picture.claimed_at
    assert profile.gallery.count() == 2
    assert len(profile.picture_ids()) == 5
    assert not Picture.objects.filter(claimed_at=None).exists()


def test_replaced_picture_is_discarded(owner, profile, login):
    former = profile.picture_id
    login(owner).post(EDIT, {"picture": upload()})
    profile.refresh_from_db()
    assert profile.picture_id not in {former, None}
    assert list(Picture.objects.discarded().values_list("pk", flat=True)) == [former]


def test_gallery_is_put_in_order_and_described(owner, profile, login):
    first = profile.gallery.get().picture_id
    second = unclaimed_of(owner).pk
    data = {"kept_gallery": [second], f"order_gallery_{first}": "2", f"order_gallery_{second}": "1"}
    login(owner).post(EDIT, data | {f"alt_gallery_{second}": "Cocina"})
    gallery = list(profile.gallery.values_list("picture_id", "position", "alt"))
    assert gallery == [(second, 0, "Cocina"), (first, 1, "Baño nuevo")]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("headline", "A" * 121),
        ("bio", "A" * 2001),
        ("base_town", "atlantis"),
        ("links", "javascript:alert(1)"),
        ("links", "no es una dirección"),
        ("links", "\n".join(f"https://example.com/{number}" for number in range(6))),
        ("links", f"https://example.com/{'a' * 200}"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_and_the_pictures_kept(owner, login, field, typed):
    TownFactory()
    before = stored(owner)
    browser = login(owner)
    response = browser.post(EDIT, WORDS | {field: typed, "picture": upload()})
    assert response.status_code == 200
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert {name: form[name].value() for name in WORDS} == WORDS | {field: typed}
    assert stored(owner) == before
    kept = Picture.objects.get(claimed_at=None)
    assert f'name="kept_picture" value="{kept.pk}"' in response.content.decode()
    assert browser.post(EDIT, WORDS | {"kept_picture": kept.pk}).status_code == 302
    assert Profile.objects.get(user=owner).picture_id == kept.pk


def test_file_that_is_no_picture_is_refused_at_its_field(owner, login):
    response = login(owner).post(EDIT, WORDS | {"base_town": "", "cover": upload(b"GIF89a", name="portada.gif")})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["cover"]
    assert not Picture.objects.exists()


def test_gallery_holds_twenty(owner, profile, login):
    for position in range(1, 20):
        GalleryPhoto.objects.create(profile=profile, picture=picture_of(owner), position=position)
    response = login(owner).post(EDIT, {"gallery": upload()})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["gallery"]
    assert profile.gallery.count() == 20


def test_picture_of_another_person_cannot_be_claimed(owner, member, login):
    foreign = unclaimed_of(member)
    response = login(owner).post(EDIT, {"kept_picture": foreign.pk})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["picture"]
    assert stored(owner)["pictures"] == set()


def test_picture_that_a_listing_shows_cannot_be_claimed(owner, login):
    used = PhotoFactory(listing=PromotionFactory(owner=owner)).picture
    assert login(owner).post(EDIT, {"kept_cover": used.pk}).status_code == 200
    assert stored(owner)["pictures"] == set()


def test_one_picture_cannot_be_in_two_places(owner, login):
    picture = unclaimed_of(owner)
    response = login(owner).post(EDIT, {"kept_picture": picture.pk, "kept_cover": picture.pk})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert stored(owner)["pictures"] == set()


def test_picture_claimed_by_another_form_in_the_meantime_is_said(owner, login, monkeypatch):
    picture = unclaimed_of(owner)
    claim = type(Picture.objects.all()).claim

    def too_late(queryset, *, now):
        Picture.objects.filter(pk=picture.pk).update(claimed_at=timezone.now())
        return claim(queryset, now=now)

    monkeypatch.setattr(type(Picture.objects.all()), "claim", too_late)
    response = login(owner).post(EDIT, {"headline": "Nueva", "kept_picture": picture.pk})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert stored(owner)["headline"] == ""
    assert stored(owner)["pictures"] == set()


@pytest.mark.parametrize("sent", ["no-uuid", "db71d315-fed8-42ac-acf4-c99d152aae97", "\0"])
def test_nonsense_in_hidden_fields_is_answered_with_a_sentence(owner, login, sent):
    response = login(owner).post(EDIT, {"kept_gallery": sent})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["gallery"]


@pytest.mark.parametrize(("who", "sentence"), [("suspended", "suspendida"), ("unverified", "Confirma primero")])
@pytest.mark.parametrize("method", ["get", "post"])
def test_those_who_may_not_act_are_refused_with_a_sentence(request, login, who, sentence, method):
    user = request.getfixturevalue(who)
    response = getattr(login(user), method)(EDIT, {"headline": "Hola", "picture": upload()})
    assert response.status_code == 403
    assert sentence in response.content.decode()
    assert stored(user)["headline"] == ""
    assert not Picture.objects.exists()


def test_strangers_are_sent_to_login(client, db):
    assert client.post(EDIT, WORDS)["Location"] == f"/cuenta/login/?next={EDIT}"
