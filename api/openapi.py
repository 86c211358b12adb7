"""The API's own description: what FastAPI finds out by itself, with our problems and ways to sign in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problem import MEDIA_TYPE, Problem

SECURITY = {
    "bearer": {
        "type": "oauth2",
        "description": "A token from POST /api/token, or one made by hand under Your settings.",
        "flows": {"password": {"tokenUrl": "/api/token", "scopes": {}}},
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "A browser's session; whatever changes something carries X-CSRF-Token too.",
    },
}
OPEN = ("/api/token", "/api/forms/", "/api/contracts/verify")
"""How the paths begin that nobody has to sign in for."""

KEY = {
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    "description": "One per act, chosen by the client: sent again, the same act is done once and answered alike.",
}


def describe(app: FastAPI) -> None:
    """Makes `app.openapi()` and /api/openapi.json answer with the whole description."""
    found: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not found:
            found.update(_document(app))
        return found

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's documentation extends it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=__doc__, routes=app.routes)
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    schemas = components.setdefault("schemas", {})
    schemas |= schema.pop("$defs", {}) | {"Problem": schema}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    refused = {
        "description": "Refused: what is wrong, where, and what to do.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, item in document["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "Idempotency-Key":
                    parameter |= KEY
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = refused
            operation["security"] = [] if path.startswith(OPEN) else [{"bearer": []}, {"session": []}]
    return document
