"""What tests of mail may use."""

import pytest

from notices.tests.mailserver import FakeMailServer


@pytest.fixture
def mail_server(settings) -> type[FakeMailServer]:
    settings.MAIL_DELIVERY = {"EMAIL_BACKEND": "notices.tests.mailserver.FakeMailServer"}
    FakeMailServer.reset()
    return FakeMailServer
