"""Dates, times and numbers as Puerto Rico writes them: 5 de marzo de 2026, 2:30 p.m., 1,500, 4.5."""

from django.conf.locale.es_PR.formats import *  # noqa: F403

TIME_FORMAT = "g:i a"
DATETIME_FORMAT = r"j \d\e F \d\e Y, g:i a"
SHORT_DATETIME_FORMAT = "d/m/Y g:i a"
# A browser's date field sends the ISO form.
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"]
