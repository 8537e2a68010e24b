"""Every operation the simulator knows, found by method and path."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from hd_assets.simulator import (
    article_drafts,
    articles,
    attributes,
    bulk_actions,
    companies,
    contact_links,
    contact_merge,
    contacts,
    conversations,
    custom_objects,
    help_center,
    knowledge,
    reading,
    search,
    states,
    tags,
    ticket_links,
    ticket_types,
    tickets,
    workspace,
)
from hd_assets.simulator.wire import Route


class Router:
    """Literal paths win over paths with parameters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._literal: dict[tuple[str, str], Route] = {}
        self._open: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in self.routes:
            if "{" not in route.template:
                self._literal[route.method, route.template] = route
            else:
                pieces = tuple(route.template.strip("/").split("/"))
                self._open.setdefault((route.method, len(pieces)), []).append((pieces, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """`path` still percent-encoded, so that an encoded slash stays inside its segment."""
        literal = self._literal.get((method, path))
        if literal is not None:
            return literal, {}
        pieces = path.strip("/").split("/")
        for template, route in self._open.get((method, len(pieces)), ()):
            params: dict[str, str] = {}
            for wanted, given in zip(template, pieces, strict=True):
                if wanted[0] == "{":
                    params[wanted[1:-1]] = unquote(given)
                elif wanted != given:
                    break
            else:
                return route, params
        return None


def api_router() -> Router:
    modules = (
        workspace.ROUTES,
        attributes.ROUTES,
        search.ROUTES,
        companies.ROUTES,
        contacts.ROUTES,
        contact_links.ROUTES,
        tags.ROUTES,
        conversations.ROUTES,
        states.ROUTES,
        ticket_types.ROUTES,
        tickets.ROUTES,
        articles.ROUTES,
        help_center.ROUTES,
        custom_objects.ROUTES,
        contact_merge.ROUTES,
        article_drafts.ROUTES,
        knowledge.ROUTES,
        bulk_actions.ROUTES,
        ticket_links.ROUTES,
        reading.ROUTES,
    )
    return Router(route for routes in modules for route in routes)
