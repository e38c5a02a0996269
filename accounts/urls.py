"""What the site adds to, or puts in the place of, allauth's addresses under ``/cuenta/``."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path("persona/", views.person_edit, name="account_person"),
    path("datos/", views.data_download, name="account_data"),
    path("borrar/", views.account_erase, name="account_erase"),
]
