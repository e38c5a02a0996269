"""Pages that put parts of several rooms together."""

from django.urls import path

urlpatterns: list = []
