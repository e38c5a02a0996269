from django.urls import path

from alerts import views

app_name = "alerts"

urlpatterns = [
    path("", views.search_list, name="search_list"),
    path("<int:pk>/pausar/", views.search_pause, name="search_pause"),
    path("<int:pk>/reanudar/", views.search_resume, name="search_resume"),
    path("<int:pk>/borrar/", views.search_delete, name="search_delete"),
]
