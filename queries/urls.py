"""The addresses of asking. There is no other way to see a read but an alert's match (QRY-2)."""

from django.urls import path

from queries import ask_views, mistake_views, recall_views, report_views, review_views, views

urlpatterns = [
    path("queries/", recall_views.query_list, name="query_list"),
    path("queries/new/", ask_views.query_new, name="query_new"),
    path("queries/new/limit/", ask_views.query_limit, name="query_limit"),
    path("queries/in-my-name/", review_views.in_name_list, name="in_name_list"),
    path("queries/in-my-name/<uuid:pk>/", review_views.in_name_detail, name="in_name_detail"),
    path("queries/reviews/", review_views.review_list, name="review_list"),
    path("queries/reviews/<uuid:pk>/", review_views.review_detail, name="review_detail"),
    path("queries/<uuid:pk>/", views.query_detail, name="query_detail"),
    path("queries/forget/", recall_views.query_forget_many, name="query_forget_many"),
    path("queries/<uuid:pk>/keep/", recall_views.query_keep, name="query_keep"),
    path("queries/<uuid:pk>/marks/", views.query_marks, name="query_marks"),
    path("queries/<uuid:pk>/printed/", views.query_printed, name="query_printed"),
    path("queries/<uuid:pk>/report/", report_views.report_order, name="report_order"),
    path(
        "queries/<uuid:pk>/reports/<uuid:report_id>/",
        report_views.report_detail,
        name="report_detail",
    ),
    path(
        "queries/<uuid:pk>/reports/<uuid:report_id>/do/",
        report_views.report_act,
        name="report_act",
    ),
    path(
        "queries/<uuid:pk>/reports/<uuid:report_id>/file/",
        report_views.report_file,
        name="report_file",
    ),
    path("queries/<uuid:pk>/forget/", recall_views.query_forget, name="query_forget"),
    path("queries/<uuid:pk>/hits/<uuid:read_id>/", views.hit_detail, name="hit_detail"),
    path(
        "queries/<uuid:pk>/hits/<uuid:read_id>/report/",
        mistake_views.hit_report,
        name="hit_report",
    ),
    path(
        "queries/<uuid:pk>/hits/<uuid:read_id>/photographs/<str:role>/",
        views.hit_photograph,
        name="hit_photograph",
    ),
]
