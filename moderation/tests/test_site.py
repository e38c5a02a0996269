from datetime import timedelta

import pytest
from django.utils import timezone

from agreements.tests.factories import AgreementFactory
from moderation import queue
from moderation.enums import ReportKind
from moderation.queue import queue_for
from moderation.tests.factories import ReportFactory
from notices.models import MailStatus
from notices.tests.factories import OutboxMailFactory
from services.tests.factories import PromotionFactory, ServiceRequestFactory

# Django's own templates read variables that nobody sets.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def busy_day(suspended):
    AgreementFactory(disputed=True, contact__listing__draft=True)
    AgreementFactory(active=True, contact__listing__draft=True)
    ReportFactory.create_batch(3, kind=ReportKind.MEMBER)
    PromotionFactory.create_batch(2)
    PromotionFactory(published_at=timezone.now() - timedelta(hours=25))
    PromotionFactory(draft=True)
    PromotionFactory(removed=True)
    ServiceRequestFactory()
    ServiceRequestFactory.create_batch(2, removed=True)
    OutboxMailFactory(status=MailStatus.DEAD)
    OutboxMailFactory(status=MailStatus.SENT)


EXPECTED = {
    "Denuncias abiertas": 3,
    "Disputas abiertas": 1,
    "Promociones nuevas en 24 horas": 2,
    "Solicitudes nuevas en 24 horas": 1,
    "Promociones retiradas": 1,
    "Solicitudes retiradas": 2,
    "Personas suspendidas": 1,
    "Correos sin entregar": 1,
}


def test_first_page_counts_what_waits_and_each_figure_opens_its_rows(busy_day, moderator, login):
    browser = login(moderator)
    page = browser.get("/admin/")
    figures = page.context["queue"]
    assert {figure.label: figure.count for figure in figures} == {name: str(count) for name, count in EXPECTED.items()}
    rows = {figure.label: browser.get(figure.url).context["cl"].result_count for figure in figures}
    assert rows == EXPECTED


def test_figures_stop_counting_at_their_bound(busy_day, moderator, monkeypatch):
    monkeypatch.setattr(queue, "MAX_COUNT", 1)
    counts = {figure.label: figure.count for figure in queue_for(moderator, now=timezone.now())}
    assert (counts["Promociones nuevas en 24 horas"], counts["Promociones retiradas"]) == ("1+", "1")


def test_figures_are_only_those_whose_list_one_may_open(db, member):
    assert queue_for(member, now=timezone.now()) == []


def test_first_page_makes_one_query_for_each_figure(moderator, django_assert_num_queries):
    figures = queue_for(moderator, now=timezone.now())
    with django_assert_num_queries(len(EXPECTED)):
        assert [figure.count for figure in figures] == ["0"] * len(EXPECTED)


def test_admin_speaks_spanish_and_names_the_site(moderator, login):
    page = login(moderator).get("/admin/").content.decode()
    assert '<html lang="es-pr"' in page
    assert "Administración de PalitasPR" in page
    assert "Acciones recientes" in page


def test_suspended_moderator_is_out(moderator, login):
    browser = login(moderator)
    moderator.suspended_at = timezone.now()
    moderator.save(update_fields=["suspended_at"])
    assert browser.get("/admin/").status_code == 302
    assert browser.get("/admin/login/").status_code == 403


def test_django_s_own_login_form_is_never_read(moderator, superuser, login):
    browser = login(moderator)
    browser.post("/admin/login/", {"username": superuser.email, "password": "bizcocho-de-guayaba-7"})
    assert browser.get("/admin/").context["user"] == moderator


def test_passwords_are_changed_on_the_site_s_own_page(moderator, login):
    response = login(moderator).get("/admin/password_change/")
    assert (response.status_code, response.url) == (302, "/cuenta/password/change/")
