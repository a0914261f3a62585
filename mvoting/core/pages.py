"""Pages outside the API that everybody may read: as with every route, a guard says so."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from mvoting.core.http import Guard

everybody = Guard("public", lambda: None)


class PublicPages(Blueprint):
    """A blueprint of pages that only answer GET, to everybody."""

    def route(self, rule: str, **options: Any) -> Callable[..., Any]:
        """Register a view function that everybody may ask.

        Raises: ValueError for another method than GET: what changes something belongs to the API or the panel.
        """
        if options.get("methods", ["GET"]) != ["GET"]:
            raise ValueError(f"{rule}: a public page only answers GET")
        register = super().route(rule, **options)

        def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
            view.guard = everybody  # type: ignore[attr-defined]
            return register(view)

        return decorator
