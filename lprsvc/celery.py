"""The Celery application; tasks are found in each room's ``tasks.py``."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

from lprsvc.checks import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lprsvc.settings")

app = Celery("lprsvc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def refuse_unsafe_settings(**_: Any) -> None:
    """No worker and no clock where the web process would not start either."""
    refuse_unsafe()
