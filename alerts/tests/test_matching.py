"""Who is told of a new listing, when, why and how often. The clock is moved by ``worker --once --now``."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import UserFactory
from agreements.models import Block
from alerts import actions, matching
from alerts.enums import NEWS_LIFETIME
from alerts.models import Matching, SavedSearch, Telling
from alerts.tests.factories import SavedSearchFactory
from notices.kinds import MailCategory
from notices.models import Notice, OutboxMail
from notices.preferences import mute
from services import transitions
from services.actions import create_listing
from services.enums import Kind, Status
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory

MINUTE = timedelta(minutes=1)
LONG_AGO = timedelta(days=30)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def towns(db):
    """Ponce, Juana Díaz next door, and San Juan far away."""
    places = {
        slug: TownFactory(slug=slug, name=name)
        for slug, name in (("ponce", "Ponce"), ("juana-diaz", "Juana Díaz"), ("san-juan", "San Juan"))
    }
    places["ponce"].neighbors.add(places["juana-diaz"])
    return places


@pytest.fixture
def nails(db):
    return ServiceFactory(slug="unas", name_es="Uñas", name_en="Nails", keywords="nails")


@pytest.fixture
def offer(now):
    """Return a function that gives an old promotion, of no news to anybody."""

    def offered(**fields):
        return PromotionFactory(published_at=now - LONG_AGO, **fields)

    return offered


def work(now, after=11 * MINUTE) -> None:
    call_command("worker", "--once", "--now", (now + after).isoformat())


def told() -> dict[str, list[str]]:
    """Return what every person was told, by e-mail address, oldest first."""
    sentences: dict[str, list[str]] = {}
    for notice in Notice.objects.order_by("pk").select_related("recipient"):
        sentences.setdefault(notice.recipient.email, []).append(notice.sentence)
    return sentences


def people() -> list[str]:
    return [notice.recipient.first_name for notice in Notice.objects.order_by("pk").select_related("recipient")]


def test_provider_is_told_why_ten_minutes_after_a_request_is_published(now, owner, member, towns, offer, login):
    offer(owner=owner, towns=[towns["ponce"], towns["san-juan"]])
    request = create_listing(
        owner=member,
        kind=Kind.REQUEST,
        service=ServiceFactory(),
        title="Baño inundado",
        description="Se rompió un tubo.",
        towns=[towns["ponce"]],
        publish=True,
        now=now,
    )
    work(now, 9 * MINUTE)
    assert told() == {}
    work(now, 10 * MINUTE)
    sentence = "Solicitud nueva: “Baño inundado”. Te avisamos porque ofreces Plomería en Ponce."
    assert told() == {owner.email: [sentence]}
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.subject) == (owner.email, "Solicitud nueva: “Baño inundado”")
    assert sentence in mail.text
    assert request.get_absolute_url() in mail.text
    assert "List-Unsubscribe" in mail.headers
    page = login(owner).get("/avisos/").content.decode()
    assert sentence in page
    assert request.get_absolute_url() in page
    work(now, 30 * MINUTE)
    assert len(told()[owner.email]) == 1


@pytest.mark.parametrize(
    ("offered", "wanted", "why"),
    [
        (["ponce"], ["ponce"], "en Ponce."),
        (["juana-diaz"], ["ponce"], "en Juana Díaz, al lado de Ponce."),
        (["juana-diaz", "ponce"], ["ponce"], "en Ponce."),
        ([], ["ponce"], "en toda la isla."),
        ([], [], "en toda la isla."),
        (["san-juan"], [], "en San Juan."),
        (["san-juan"], ["ponce", "san-juan"], "en San Juan."),
        (["san-juan"], ["ponce"], None),
        (["san-juan"], ["juana-diaz"], None),
    ],
)
def test_request_concerns_who_serves_its_towns(now, owner, towns, offer, offered, wanted, why):
    offer(owner=owner, towns=[towns[slug] for slug in offered], island_wide=not offered)
    ServiceRequestFactory(
        title="Tubo", towns=[towns[slug] for slug in wanted], island_wide=not wanted, published_at=now
    )
    work(now)
    reason = f"Solicitud nueva: “Tubo”. Te avisamos porque ofreces Plomería {why}"
    assert told() == ({owner.email: [reason]} if why else {})


def test_reason_is_in_the_readers_language(now, towns, offer, nails):
    offer(owner__language="en", service=nails, towns=[towns["ponce"]])
    ServiceRequestFactory(title="Set", service=nails, published_at=now)
    work(now)
    assert Notice.objects.get().data == {"title": "Set", "service": "Nails", "town": "Ponce"}


def test_request_concerns_only_the_same_service(now, towns, offer, nails):
    offer(service=nails)
    ServiceRequestFactory(published_at=now)
    work(now)
    assert told() == {}


@pytest.mark.parametrize("hidden", ["draft", "paused", "archived", "removed", "deleted"])
def test_request_concerns_only_published_promotions(now, towns, hidden):
    PromotionFactory(**{hidden: True})
    ServiceRequestFactory(published_at=now)
    work(now)
    assert told() == {}


def test_some_are_never_told_of_a_request(now, owner, member, towns, offer):
    offer(owner=owner)
    offer(owner__suspended=True)
    offer(owner__is_active=False)
    blocks, blocked = offer().owner, offer().owner
    Block.objects.create(blocker=blocks, blocked=owner)
    Block.objects.create(blocker=owner, blocked=blocked)
    offer(owner=member)
    ServiceRequestFactory(owner=owner, published_at=now)
    work(now)
    assert list(told()) == [member.email]


def test_who_is_blocked_or_suspended_hears_nothing_of_a_search_either(now, owner, suspended, towns):
    blocker = UserFactory()
    Block.objects.create(blocker=blocker, blocked=owner)
    for person in (owner, suspended, blocker, UserFactory(is_active=False)):
        SavedSearchFactory(user=person)
    PromotionFactory(owner=owner, published_at=now)
    work(now)
    assert told() == {}


def test_providers_of_the_town_come_before_those_next_door_and_the_best_first(now, towns, offer, monkeypatch):
    monkeypatch.setattr(matching, "MAX_PROVIDERS", 4)

    def provider(name, slug, rating, seen):
        offer(
            owner=UserFactory(first_name=name, last_login=seen and now - timedelta(days=seen)),
            towns=[towns[slug]],
            owner_rating=rating,
        )

    provider("Vecina", "juana-diaz", 5, 1)
    provider("Nueva", "ponce", 0, None)
    provider("Dormida", "ponce", 4, 30)
    provider("Activa", "ponce", 4, 1)
    provider("Lejana", "san-juan", 5, 1)
    provider("Vecina sin reseñas", "juana-diaz", 0, 1)
    ServiceRequestFactory(published_at=now)
    work(now)
    assert people() == ["Activa", "Dormida", "Nueva", "Vecina"]


def test_provider_with_two_promotions_is_told_once(now, owner, towns, offer):
    offer(owner=owner, towns=[towns["juana-diaz"]])
    offer(owner=owner, towns=[towns["ponce"]])
    ServiceRequestFactory(published_at=now)
    work(now)
    assert [sentence.endswith("en Ponce.") for sentence in told()[owner.email]] == [True]


def test_provider_is_told_of_three_requests_a_day(now, owner, member, towns, offer):
    offer(owner=owner)
    requests = [ServiceRequestFactory(owner=member, published_at=now + n * MINUTE, title=f"S{n}") for n in range(5)]
    work(now, 12 * MINUTE)
    work(now, 20 * MINUTE)
    assert len(told()[owner.email]) == 3
    assert set(Telling.objects.values_list("listing", flat=True)) == {request.pk for request in requests[:3]}
    tomorrow = now + timedelta(days=1, minutes=30)
    ServiceRequestFactory(owner=member, published_at=tomorrow)
    work(tomorrow)
    assert len(told()[owner.email]) == 4


def test_limit_is_a_setting_and_leaves_the_turn_to_others(now, towns, offer, settings, monkeypatch):
    settings.MATCHING_NOTICES_PER_DAY = 1
    monkeypatch.setattr(matching, "MAX_PROVIDERS", 1)
    offer(owner=UserFactory(first_name="Mejor"), owner_rating=5)
    offer(owner=UserFactory(first_name="Otra"), owner_rating=4)
    for minutes in range(3):
        ServiceRequestFactory(published_at=now + minutes * MINUTE)
    work(now, 13 * MINUTE)
    assert people() == ["Mejor", "Otra"]


def test_no_notices_at_all_when_the_setting_says_so(now, owner, towns, offer, settings):
    settings.MATCHING_NOTICES_PER_DAY = 0
    offer(owner=owner)
    SavedSearchFactory(user=owner, kind=Kind.REQUEST)
    ServiceRequestFactory(published_at=now)
    work(now)
    assert told() == {}


def test_both_kinds_of_notices_have_their_own_limit(now, owner, towns, offer):
    offer(owner=owner)
    SavedSearchFactory(user=owner)
    for _number in range(4):
        ServiceRequestFactory(published_at=now)
        PromotionFactory(published_at=now)
    work(now)
    assert (
        sorted(Telling.objects.filter(user=owner).values_list("reason", flat=True)) == ["offers"] * 3 + ["searches"] * 3
    )


@pytest.mark.parametrize("step", [transitions.pause, transitions.archive, transitions.delete])
def test_nobody_is_told_of_what_was_taken_back_within_ten_minutes(now, owner, member, towns, offer, step):
    offer(owner=owner)
    request = ServiceRequestFactory(owner=member, published_at=now)
    step(listing=request, by=member, now=now + 5 * MINUTE)
    work(now)
    assert told() == {}
    assert OutboxMail.objects.count() == 0


def test_nobody_is_told_of_a_suspended_persons_listing(now, owner, suspended, towns, offer):
    offer(owner=owner)
    ServiceRequestFactory(owner=suspended, published_at=now)
    work(now)
    assert told() == {}


def test_listing_that_goes_away_while_it_is_matched_is_dropped(now, owner, member, towns, offer, monkeypatch):
    offer(owner=owner)
    request = ServiceRequestFactory(owner=member, published_at=now)
    find = actions.providers_for

    def paused_meanwhile(listing, moment):
        tips = find(listing, moment)
        Listing.objects.filter(pk=listing.pk).update(status=Status.PAUSED)
        return tips

    monkeypatch.setattr(actions, "providers_for", paused_meanwhile)
    work(now)
    assert told() == {}
    assert Telling.objects.filter(listing=request).count() == 0


def test_published_again_it_tells_only_who_has_not_been_told(now, owner, member, towns, offer):
    offer(owner=owner)
    request = ServiceRequestFactory(owner=member, published_at=now)
    work(now)
    newcomer = offer().owner
    transitions.pause(listing=request, by=member, now=now + 12 * MINUTE)
    transitions.publish(listing=request, by=member, now=now + 13 * MINUTE)
    work(now, 30 * MINUTE)
    assert list(told()) == [owner.email]
    transitions.archive(listing=request, by=member, now=now + 31 * MINUTE)
    transitions.publish(listing=request, by=member, now=now + 32 * MINUTE)
    work(now, 43 * MINUTE)
    assert {email: len(sentences) for email, sentences in told().items()} == {owner.email: 1, newcomer.email: 1}


def test_paused_before_its_turn_and_published_again_is_told_then(now, owner, member, towns, offer):
    offer(owner=owner)
    request = ServiceRequestFactory(owner=member, published_at=now)
    transitions.pause(listing=request, by=member, now=now + 5 * MINUTE)
    work(now)
    transitions.publish(listing=request, by=member, now=now + 20 * MINUTE)
    work(now, 30 * MINUTE)
    assert list(told()) == [owner.email]


def test_old_listings_are_no_news(now, owner, towns, offer):
    offer(owner=owner)
    ServiceRequestFactory(published_at=now - NEWS_LIFETIME)
    work(now)
    assert told() == {}
    assert Matching.objects.count() == 0


@pytest.mark.parametrize(
    ("search", "is_told"),
    [
        ({"q": "plomero"}, True),
        ({"q": "tubería rota"}, True),
        ({"q": "DESTAPES en ponce"}, True),
        ({"q": "plomero en yauco"}, False),
        ({"q": "bizcocho"}, False),
        ({"service": "plomeria"}, True),
        ({"service": "unas"}, False),
        ({"town": "ponce"}, True),
        ({"town": "juana-diaz"}, False),
        ({"max_price": 40}, True),
        ({"max_price": 39}, False),
        ({"q": "destape", "service": "plomeria", "town": "ponce", "max_price": 100}, True),
        ({"q": "plomero", "kind": Kind.REQUEST}, False),
        ({"q": "plomero", "is_paused": True}, False),
    ],
)
def test_promotion_is_told_to_whom_the_search_page_would_show_it(now, member, client, towns, nails, search, is_told):
    TownFactory(slug="yauco", name="Yauco")
    promotion = PromotionFactory(title="Destapes", price_min=40, published_at=now)
    service = ServiceFactory(slug=search.pop("service")) if "service" in search else None
    saved = SavedSearchFactory(user=member, service=service, **{**search, "town": towns.get(search.get("town"))})
    work(now)
    sentence = f"Se publicó “Destapes”. Te avisamos porque guardaste la búsqueda {saved}."
    assert told() == ({member.email: [sentence]} if is_told else {})
    saved.refresh_from_db()
    assert (saved.last_told_at is not None) == is_told
    if not saved.is_paused:
        cards = client.get(saved.results_url).context["results"].listings
        assert (promotion.pk in [card.pk for card in cards]) == is_told


def test_island_wide_promotion_is_told_to_searches_of_any_town(now, member, towns):
    SavedSearchFactory(user=member, town=towns["san-juan"])
    PromotionFactory(island_wide=True, published_at=now)
    work(now)
    assert list(told()) == [member.email]


def test_request_is_told_to_who_saved_a_search_of_requests(now, owner, member, towns, offer):
    offer(owner=owner)
    SavedSearchFactory(user=member, kind=Kind.REQUEST)
    SavedSearchFactory(user=owner, kind=Kind.REQUEST)
    ServiceRequestFactory(published_at=now)
    work(now)
    assert {email: len(sentences) for email, sentences in told().items()} == {owner.email: 1, member.email: 1}


def test_two_searches_that_find_the_same_tell_once(now, member, towns):
    first = SavedSearchFactory(user=member)
    SavedSearchFactory(user=member, town=towns["ponce"])
    PromotionFactory(published_at=now)
    work(now)
    assert told() == {member.email: [Notice.objects.get().sentence]}
    assert list(SavedSearch.objects.exclude(last_told_at=None)) == [first]


def test_search_that_was_saved_is_told_of_three_promotions_a_day(now, member, towns):
    SavedSearchFactory(user=member)
    PromotionFactory.create_batch(5, published_at=now)
    work(now)
    assert len(told()[member.email]) == 3


@pytest.mark.parametrize("category", [MailCategory.MATCHING, MailCategory.SEARCHES])
def test_mail_of_each_category_can_be_switched_off(now, owner, towns, offer, category):
    mute(user=owner, category=category)
    offer(owner=owner)
    SavedSearchFactory(user=owner)
    request = ServiceRequestFactory(published_at=now)
    promotion = PromotionFactory(published_at=now)
    work(now)
    assert len(told()[owner.email]) == 2
    expected = promotion if category == MailCategory.MATCHING else request
    assert expected.title in OutboxMail.objects.get(recipient=owner.email).subject


def test_many_searches_are_asked_in_steps(now, towns, monkeypatch):
    monkeypatch.setattr(actions, "SEARCHES_A_STEP", 2)
    SavedSearchFactory.create_batch(5)
    PromotionFactory(published_at=now)
    work(now)
    assert len(told()) == 5
    assert Matching.objects.get().done_at is not None


def test_worker_that_dies_leaves_the_rest_to_the_next(now, towns, monkeypatch):
    monkeypatch.setattr(actions, "SEARCHES_A_STEP", 2)
    SavedSearchFactory.create_batch(5)
    PromotionFactory(published_at=now)
    tell, calls = actions._tell, []

    def die_in_the_second_step(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return tell(*args)

    monkeypatch.setattr(actions, "_tell", die_in_the_second_step)
    with pytest.raises(KeyboardInterrupt):
        actions.tell_of_new_listings(now + 11 * MINUTE)
    assert len(told()) == 2
    assert actions.tell_of_new_listings(now + 12 * MINUTE) == 3
    assert {len(sentences) for sentences in told().values()} == {1}
    assert len(told()) == 5


def test_step_that_another_worker_took_is_left_to_it(now, towns, monkeypatch):
    SavedSearchFactory()
    promotion = PromotionFactory(published_at=now)
    marker = Matching.objects.create(listing=promotion, published_at=promotion.published_at)
    Matching.objects.filter(pk=marker.pk).update(done_at=now)
    vocabulary = matching.Vocabulary()
    assert actions._ask_searches(marker, promotion, vocabulary, now) == 0
    assert told() == {}


def test_asking_many_searches_costs_no_query_for_those_that_do_not_fit(
    now, towns, nails, django_assert_max_num_queries
):
    for number in range(40):
        SavedSearchFactory(q=f"bizcocho {number}")
    SavedSearchFactory.create_batch(20, service=nails)
    PromotionFactory(published_at=now)
    with django_assert_max_num_queries(30):
        assert actions.tell_of_new_listings(now + 11 * MINUTE) == 0


def test_demo_tells_nobody(now, owner, towns, offer):
    offer(owner=owner)
    actions.leave_untold([ServiceRequestFactory(published_at=now), ServiceRequestFactory(draft=True)], now=now)
    work(now)
    assert told() == {}


def test_markers_of_old_listings_are_swept(now, towns):
    PromotionFactory(published_at=now)
    work(now)
    assert Matching.objects.count() == 1
    assert actions.sweep_markers(now + NEWS_LIFETIME) == 1
    work(now, NEWS_LIFETIME)
    assert Matching.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_everybody_once_and_nobody_too_often():
    now = timezone.now()
    barrier, told_by, errors = Barrier(2), [], []
    providers = [PromotionFactory(published_at=now - LONG_AGO).owner.email for _ in range(3)]
    searchers = [SavedSearchFactory(service=ServiceFactory(slug="unas", name_es="Uñas")).user.email for _ in range(6)]
    for minutes in range(5):
        ServiceRequestFactory(published_at=now + minutes * MINUTE)
    PromotionFactory.create_batch(2, service=ServiceFactory(slug="unas"), published_at=now)

    def run():
        try:
            barrier.wait()
            told_by.append(actions.tell_of_new_listings(now + 15 * MINUTE))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [Thread(target=run) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    expected = dict.fromkeys(providers, 3) | dict.fromkeys(searchers, 2)
    assert {email: len(sentences) for email, sentences in told().items()} == expected
    assert sum(told_by) == Telling.objects.count() == OutboxMail.objects.count() == sum(expected.values())
