"""Pages that put parts of several rooms together."""

from django.urls import path

from notices.views import unsubscribe
from palitas.pages import catalog, connection, contact, dashboard, flyer, home, notices, plain, profile, sharing

urlpatterns: list = [
    path("", home.home, name="home"),
    path("servicios/", catalog.service_list, name="service_list"),
    path("servicios/<slug:slug>/", catalog.service_detail, name="service_detail"),
    path("pueblos/", catalog.town_list, name="town_list"),
    path("pueblos/<slug:slug>/", catalog.town_detail, name="town_detail"),
    path("tablero/", dashboard.dashboard, name="dashboard"),
    path("avisos/", notices.notice_list, name="notice_list"),
    path("baja/<str:token>/", unsubscribe, name="unsubscribe"),
    path("contacto/", contact.contact, name="contact"),
    path("sin-conexion/", connection.offline_page, name="offline"),
    path("datos/", connection.switch_data, name="switch_data"),
    path("perfil/editar/", profile.profile_edit, name="profile_edit"),
    path("perfil/<int:pk>/", profile.profile_short, name="profile_short"),
    path("perfil/<int:pk>-<slug:slug>/", profile.profile_detail, name="profile_detail"),
    path("perfil/<int:pk>-<slug:slug>/volante/", flyer.flyer, name="flyer"),
    path("perfil/<int:pk>-<slug:slug>/volante/pdf/", flyer.flyer_pdf, name="flyer_pdf"),
    path("promociones/<int:pk>/compartir.jpg", sharing.promotion, name="promotions_share"),
    path("solicitudes/<int:pk>/compartir.jpg", sharing.service_request, name="requests_app_share"),
    path("perfil/<int:pk>/compartir.jpg", sharing.profile, name="profile_share"),
    path("servicios/<slug:slug>/compartir.jpg", sharing.service, name="service_share"),
    path("pueblos/<slug:slug>/compartir.jpg", sharing.town, name="town_share"),
    path("acerca/", plain.about, name="about"),
    path("preguntas/", plain.faq, name="faq"),
    path("terminos/", plain.terms, name="terms"),
    path("privacidad/", plain.privacy, name="privacy"),
]
