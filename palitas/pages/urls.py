"""Pages that put parts of several rooms together."""

from django.urls import path

from palitas.pages import notices, plain

urlpatterns: list = [
    path("avisos/", notices.notice_list, name="notice_list"),
    path("acerca/", plain.about, name="about"),
    path("preguntas/", plain.faq, name="faq"),
    path("terminos/", plain.terms, name="terms"),
    path("privacidad/", plain.privacy, name="privacy"),
]
