from django.urls import path

from agreements.views import agreements, contacts, reviews

app_name = "agreements"

urlpatterns = [
    path("promociones/<int:pk>/contactar/", contacts.open_promotion, name="open_promotion"),
    path("solicitudes/<int:pk>/contactar/", contacts.open_request, name="open_request"),
    path("contactos/", contacts.inbox, name="inbox"),
    path("contactos/<int:pk>/", contacts.contact, name="contact"),
    path("contactos/<int:pk>/ocultar/", contacts.contact_hide, name="contact_hide"),
    path("contactos/<int:pk>/mostrar/", contacts.contact_unhide, name="contact_unhide"),
    path("contactos/<int:pk>/bloquear/", contacts.contact_block, name="contact_block"),
    path("contactos/<int:pk>/desbloquear/", contacts.contact_unblock, name="contact_unblock"),
    path("contactos/<int:pk>/acuerdo/", agreements.propose, name="propose"),
    path("acuerdos/<int:pk>/", agreements.detail, name="detail"),
    path("acuerdos/<int:pk>/pdf/", agreements.pdf, name="pdf"),
    path("acuerdos/<int:pk>/aceptar/", agreements.step, {"name": "accept"}, name="accept"),
    path("acuerdos/<int:pk>/rechazar/", agreements.step, {"name": "reject"}, name="reject"),
    path("acuerdos/<int:pk>/retirar/", agreements.step, {"name": "withdraw"}, name="withdraw"),
    path("acuerdos/<int:pk>/entregar/", agreements.step, {"name": "deliver"}, name="deliver"),
    path("acuerdos/<int:pk>/cerrar/", agreements.step, {"name": "close"}, name="close"),
    path("acuerdos/<int:pk>/cancelar/", agreements.step, {"name": "cancel"}, name="cancel"),
    path("acuerdos/<int:pk>/disputar/", agreements.step, {"name": "dispute"}, name="dispute"),
    path("acuerdos/<int:pk>/declaracion/", agreements.statement, name="statement"),
    path("acuerdos/<int:pk>/qr/", agreements.payment_qr, name="payment_qr"),
    path("acuerdos/<int:pk>/resena/", reviews.review, name="review"),
    path("resenas/<int:pk>/responder/", reviews.reply, name="reply"),
]
