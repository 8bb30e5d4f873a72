"""Addresses of the alerts room."""

from django.urls import path

from alerts import views

urlpatterns = [
    path("alerts/", views.entry_list, name="alert_list"),
    path("alerts/new/", views.entry_new, name="alert_new"),
    path("alerts/<uuid:pk>/", views.entry_detail, name="alert_detail"),
    path("alerts/remove/", views.entries_remove, name="alert_remove"),
    path("alerts/affirm/", views.entries_affirm, name="alert_affirm"),
    path("alerts/matches/<uuid:pk>/", views.match_detail, name="match_detail"),
    path(
        "alerts/matches/<uuid:pk>/photographs/<str:role>/",
        views.match_photograph,
        name="match_photograph",
    ),
]
