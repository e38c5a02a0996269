"""Asks a site over HTTPS as Django's test client would, so that a test's ``Visitor`` can walk through a real one."""

import ssl
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

SECONDS = 60


@dataclass
class Answer:
    """What a page answered; ``redirect_chain`` as Django's test client has it."""

    status_code: int
    content: bytes
    headers: HTTPMessage
    redirect_chain: list[tuple[str, int]] = field(default_factory=list)


class Browser:
    """Keeps cookies and follows redirects.

    Args:
        address: of the site, without a slash at its end.
        certificate: file with the certificate to believe.
    """

    def __init__(self, address: str, certificate: Path) -> None:
        self.address = address
        self.at = f"{address}/"
        self.cookies = CookieJar()
        trusted = ssl.create_default_context(cafile=str(certificate))
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trusted), HTTPCookieProcessor(self.cookies))

    def get(self, path: str, *, follow: bool = True, accepts: str = "identity") -> Answer:  # noqa: ARG002 - as Django's
        """Open a page; ``path`` may be a whole address, and ``accepts`` is how its answer may be compressed."""
        return self._open(Request(urljoin(self.at, path), headers={"Accept-Encoding": accepts}))  # noqa: S310 - an https address

    def post(self, path: str, data: dict[str, Any], *, follow: bool = True) -> Answer:  # noqa: ARG002
        """Send a form."""
        headers = {"Content-Type": MULTIPART_CONTENT, "Referer": self.at, "Origin": self.address}
        body = encode_multipart(BOUNDARY, data)
        return self._open(Request(urljoin(self.at, path), body, headers))  # noqa: S310

    def _open(self, request: Request) -> Answer:
        try:
            response = self._opener.open(request, timeout=SECONDS)
        except HTTPError as error:
            response = error
        with response:
            answer = Answer(response.status, response.read(), response.headers)
            if response.url != request.full_url:
                answer.redirect_chain.append((response.url, 302))
            if response.url.startswith(self.address):
                self.at = response.url
        return answer
