"""The composers of the room's mails, a module for each noun; see `accounts.notices`."""

from importlib import import_module
from pkgutil import iter_modules


def register_all() -> None:
    """Import every module here, each of which registers its kinds of mail."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
