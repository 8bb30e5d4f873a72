"""The log's addresses."""

from django.urls import path

from audit import export_views, views

urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/proof/", views.log_proof, name="log_proof"),
    path("log/proof/check/", views.log_check, name="log_check"),
    path("log/exports/", export_views.export_list, name="log_exports"),
    path("log/exports/order/", export_views.export_order, name="log_export_order"),
    path(
        "log/exports/<uuid:export_id>/remove/", export_views.export_remove, name="log_export_remove"
    ),
    path("log/exports/<uuid:export_id>/file/", export_views.export_file, name="log_export_file"),
    path("log/<uuid:event_id>/", views.log_event, name="log_event"),
    path("log/<uuid:event_id>/proof/", views.log_event_proof, name="log_event_proof"),
]
