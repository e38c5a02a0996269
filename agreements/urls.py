from django.urls import path

from agreements.views import contacts

app_name = "agreements"

urlpatterns = [
    path("promociones/<int:pk>/contactar/", contacts.open_promotion, name="open_promotion"),
    path("solicitudes/<int:pk>/contactar/", contacts.open_request, name="open_request"),
    path("contactos/", contacts.inbox, name="inbox"),
    path("contactos/<int:pk>/", contacts.contact, name="contact"),
    path("contactos/<int:pk>/ocultar/", contacts.contact_hide, name="contact_hide"),
    path("contactos/<int:pk>/bloquear/", contacts.contact_block, name="contact_block"),
    path("contactos/<int:pk>/desbloquear/", contacts.contact_unblock, name="contact_unblock"),
]
