"""Every view states who may use it; what states nothing opens for nobody (SAF-1).

`AccessMiddleware` asks `rule_for` before each view. Views of packages, which can't be decorated,
are listed by URL name in ``lprsvc.access_rules``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lprsvc.lib.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may use a view: everybody (`public` says why), anyone logged on, or who has one of
    `permissions`. `feed`: no person at all, but a camera feed's key, checked by the view."""

    permissions: frozenset[Permission] = frozenset()
    public: str = ""
    any_person: str = ""
    feed: bool = False


def requires(*permissions: Permission) -> Callable[[View], View]:
    """The view is for those who have at least one of the permissions."""
    if not permissions:
        raise ValueError("name at least one permission")
    return _mark(AccessRule(permissions=frozenset(permissions)))


def public(why: str) -> Callable[[View], View]:
    """The view is open to everybody, logged on or not, for the reason given."""
    return _mark(AccessRule(public=why))


def any_person(why: str) -> Callable[[View], View]:
    """The view is open to everybody who has logged on, for the reason given."""
    return _mark(AccessRule(any_person=why))


def feed_only(view: View) -> View:
    """The view is for camera feeds with a key, and checks the key itself."""
    return _mark(AccessRule(feed=True))(view)


def rule_for(view: Callable[..., Any]) -> AccessRule | None:
    """The view's own rule; class-based views may carry it on the class."""
    for candidate in (view, getattr(view, "view_class", None), getattr(view, "cls", None)):
        rule = getattr(candidate, "access_rule", None)
        if isinstance(rule, AccessRule):
            return rule
    return None


def _mark(rule: AccessRule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return mark
