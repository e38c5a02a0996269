"""Mail and notices in admin: what was sent to whom, and another try for mail that did not arrive."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_base import BigTableAdmin, ReadOnly
from notices.models import MailStatus, Notice, OutboxMail
