"""What somebody typed before it could be sent: kept in the session, through the login, until it is.

Keyed by the listing, because that is what both the visitor's form and the conversation know.
"""

from django.contrib.sessions.backends.base import SessionBase

from agreements.models import MAX_MESSAGE

SESSION_KEY = "drafts"
# Somebody who writes to several people before logging in finds the latest few again.
MAX_DRAFTS = 5
# More than a message may have, so that a text that is a little too long can be shortened and not typed anew.
MAX_DRAFT = 2 * MAX_MESSAGE


def keep(session: SessionBase, listing_id: int, body: str) -> None:
    """Keep ``body``, cut to twice the length of a message; of more than five texts the oldest goes."""
    texts = {key: text for key, text in _texts(session).items() if key != str(listing_id)}
    if body:
        texts[str(listing_id)] = body[:MAX_DRAFT]
    session[SESSION_KEY] = dict(list(texts.items())[-MAX_DRAFTS:])


def find(session: SessionBase, listing_id: int) -> str:
    """Return what is kept, or an empty string."""
    return _texts(session).get(str(listing_id), "")


def drop(session: SessionBase, listing_id: int) -> None:
    """Forget what has been sent; a session without drafts is not written."""
    if find(session, listing_id):
        keep(session, listing_id, "")


def _texts(session: SessionBase) -> dict[str, str]:
    texts: dict[str, str] = session.get(SESSION_KEY, {})
    return texts
