"""The log's addresses."""

from django.urls import path

from audit import views

urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/proof/", views.log_proof, name="log_proof"),
    path("log/proof/check/", views.log_check, name="log_check"),
    path("log/<uuid:event_id>/", views.log_event, name="log_event"),
    path("log/<uuid:event_id>/proof/", views.log_event_proof, name="log_event_proof"),
]
