from django.urls import path

from promotions import search_page, views

app_name = "promotions"

urlpatterns = [
    path("", search_page.search, name="search"),
    path("nueva/", views.create, name="create"),
    path("<int:pk>/", views.short, name="short"),
    path("<int:pk>-<slug:slug>/", views.detail, name="detail"),
    path("<int:pk>/editar/", views.edit, name="edit"),
    path("<int:pk>/publicar/", views.publish, name="publish"),
    path("<int:pk>/pausar/", views.pause, name="pause"),
    path("<int:pk>/archivar/", views.archive, name="archive"),
    path("<int:pk>/borrar/", views.delete, name="delete"),
]
