"""The log's addresses."""

from django.urls import path

from audit import views

urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/<uuid:event_id>/", views.log_event, name="log_event"),
]
