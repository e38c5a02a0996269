from datetime import date

from bs4 import BeautifulSoup

from services.tests.factories import ServiceRequestFactory


def test_detail_shows_until_when(client, db):
    request = ServiceRequestFactory(needed_by=date(2030, 3, 5))
    page = BeautifulSoup(client.get(request.get_absolute_url()).content, "html.parser")
    assert "5 de marzo de 2030" in page.select_one(".facts").get_text()
