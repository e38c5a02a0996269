"""Tidying of what sessions leave behind."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session


def sweep_sessions(now: datetime) -> int:
    """Delete expired sessions, and the lines about them in people's session lists; returns how many sessions."""
    removed, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return removed
