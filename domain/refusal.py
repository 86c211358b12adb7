"""The one exception for "this may not be done": it carries a code and parameters, its words come at the edge."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """What was asked is refused and nothing was changed.

    `code` names the reason (its words are in `locales`), `status` is the HTTP status an edge answers with,
    `field` the field at fault where there is one, `params` JSON values for the words.
    """

    def __init__(self, code: str, status: int = 409, *, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.field = field
        self.params = params


def not_found(what: str) -> Refused:
    """Also for what one may not see: that it exists is nobody's business."""
    return Refused("not_found", 404, what=what)


def forbidden(action: str) -> Refused:
    return Refused("forbidden", 403, action=action)


def invalid(code: str, field: str, **params: Any) -> Refused:
    return Refused(code, 422, field=field, **params)
