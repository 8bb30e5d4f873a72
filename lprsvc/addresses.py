"""Every address of the service with the rule of the view behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from lprsvc.access_rules import PACKAGE_RULES
from lprsvc.lib.access import AccessRule, rule_for


@dataclass(frozen=True, slots=True)
class Address:
    """One route, as "admin/accounts/user/<path:object_id>/suspend/"; without `rule` it opens for
    nobody."""

    route: str
    name: str
    rule: AccessRule | None


def all_addresses() -> list[Address]:
    """In the order in which they are looked up, packages' included."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, before: str, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = before + _route(entry)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, route, inner)
        else:
            name = f"{namespace}{entry.name or ''}"
            own = rule_for(entry.callback)
            yield Address(route, name, own if own is not None else PACKAGE_RULES.get(name))


def _route(entry: URLPattern | URLResolver) -> str:
    if isinstance(entry.pattern, RegexPattern):
        return simplify_regex(str(entry.pattern)).lstrip("/")
    return str(entry.pattern)
