"""What the database's roles may do with the accounts room's tables."""

_GOVERNED = "SELECT, INSERT, UPDATE"
_HISTORY = "SELECT, INSERT"
_TABLES = ("agency", "component", "aor", "reasoncode", "recordsschedule", "user")

# Training and certification (ACC-8, ACC-15). A signed certification never changes.
_TRAINING = ("trainingcourse", "trainingrecord")
_TRAINING_APP = (
    {f"accounts_{table}": _GOVERNED for table in _TRAINING}
    | {f"accounts_historical{table}": _HISTORY for table in _TRAINING}
    | {"accounts_trainingimport": "SELECT, INSERT, UPDATE, DELETE"}
    | {"accounts_certification": "SELECT, INSERT"}
)
_TRAINING_WORKER = {f"accounts_{table}": "SELECT" for table in (*_TRAINING, "certification")} | {
    "accounts_reminded": "SELECT, INSERT",
    "accounts_trainingimport": "SELECT, DELETE",
}

# What proves who somebody is (ACC-6, ACC-7, ACC-11). Temporary passwords are made while their mail
# is written, by the worker, and spent in the web.
_CREDENTIALS_APP = {
    "accounts_logonpolicy": _GOVERNED,
    "accounts_historicallogonpolicy": _HISTORY,
    "accounts_securityanswer": "SELECT, INSERT, DELETE",
    "accounts_temporarypassword": "SELECT, UPDATE, DELETE",
    "accounts_pastpassword": "SELECT, INSERT, DELETE",
    "accounts_failedlogons": "SELECT, INSERT, UPDATE",
    "accounts_knownplace": "SELECT, INSERT, UPDATE, DELETE",
}
_CREDENTIALS_WORKER = {
    "accounts_logonpolicy": "SELECT",
    "accounts_temporarypassword": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_failedlogons": "SELECT, DELETE",
    "accounts_knownplace": "SELECT, DELETE",
}

# Requests, keys, managed AORs, groups (ACC-4, ACC-5, ACC-9, ACC-12). The worker makes a key's
# secret while it makes the mail, and notes that it went out.
_ACCESS_APP = (
    {f"accounts_{table}": _GOVERNED for table in ("accessrequest", "registrationkey", "usergroup")}
    | {f"accounts_{table}": "SELECT, INSERT, DELETE" for table in ("managedaor", "groupmember")}
    | {
        f"accounts_historical{table}": _HISTORY
        for table in ("accessrequest", "managedaor", "usergroup", "groupmember")
    }
)
_ACCESS_WORKER = (
    {f"accounts_{table}": "SELECT, UPDATE" for table in ("accessrequest", "registrationkey")}
    | {f"accounts_{table}": "SELECT" for table in ("managedaor", "usergroup", "groupmember")}
    | {"accounts_historicalaccessrequest": _HISTORY}
)

# The help desk (ACC-14): asked and answered in the web, escalated and erased by the worker.
_HELP_APP = {"accounts_helprequest": _GOVERNED}
_HELP_WORKER = {"accounts_helprequest": "SELECT, DELETE, UPDATE (escalated_at)"}

# Terminations (ACC-10): made and ended by the web's services, escalated by the worker.
_TERMINATIONS = {
    "accounts_termination": _GOVERNED,
    "accounts_historicaltermination": _HISTORY,
}

GRANTS = {
    "lpr_app": {f"accounts_{table}": _GOVERNED for table in _TABLES}
    | {f"accounts_historical{table}": _HISTORY for table in _TABLES}
    # No UPDATE: a published text never changes.
    | {"accounts_rulesofbehavior": "SELECT, INSERT"}
    # Owed by the web's services, sent by the worker.
    | {"accounts_notice": "SELECT, INSERT"}
    | _TERMINATIONS
    | _HELP_APP
    | _ACCESS_APP
    | _TRAINING_APP
    | _CREDENTIALS_APP,
    # The worker suspends who does not use their account (ACC-15), and can change no more of them.
    "lpr_worker": {f"accounts_{table}": "SELECT" for table in _TABLES if table != "user"}
    | {"accounts_user": "SELECT, UPDATE (is_active, session_epoch)"}
    | {"accounts_historicaluser": _HISTORY}
    | {"accounts_notice": "SELECT, INSERT, UPDATE, DELETE"}
    | _TERMINATIONS
    | _HELP_WORKER
    | _ACCESS_WORKER
    | _TRAINING_WORKER
    | _CREDENTIALS_WORKER,
}
