"""A problem as people see it: a toast where a part of a page was asked for, else a page that says it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import identify
from api.problem import Problem
from domain.refusal import Refused
from locales import N_
from ui.environment import here, pages_of
from ui.render import HEADERS
from ui.toast import toasted

SIGN_IN = "/sign-in"

TITLES = {
    403: (N_("Not yours to see"), "lock"),
    404: (N_("There is nothing here"), "search"),
    409: (N_("Not possible now"), "circle-alert"),
    422: (N_("This cannot be used as it is"), "circle-alert"),
    429: (N_("Too often"), "hourglass"),
    503: (N_("A moment, please"), "hourglass"),
}
CHANGED = (N_("This has changed meanwhile"), "refresh-cw")
"""For what somebody else was quicker to change: `outdated`, and a policy's own word for it."""
OTHERWISE = (N_("That did not work"), "circle-alert")


def install(app: FastAPI) -> None:
    """Problems that `api.problem` finds are shown this way to browsers."""
    app.state.error_page = error_page


async def error_page(request: Request, problem: Problem) -> Response:
    if problem.status == 401:
        return sign_in_first(request)
    if problem.code == "password_temporary":
        return go_to(request, "/me/password")
    if "hx-request" in request.headers:
        return toasted(Response(status_code=problem.status, headers={"HX-Reswap": "none"}), problem.detail, "bad")
    if problem.status == 404 and not hasattr(request.state, "viewer"):
        # No route was found, so nobody asked who this is; without an answer the page does without the rail.
        with suppress(Refused, SQLAlchemyError):
            await identify(request)
    title, icon = CHANGED if problem.code.endswith("outdated") else TITLES.get(problem.status, OTHERWISE)
    pages = pages_of(request)
    # Without the rail's figures: the database may be what is away.
    around = pages.shared(request) | await pages.around(request, counted=False)
    html = pages.write(request, "error.html", None, around | {"problem": problem, "heading": title, "icon": icon})
    return HTMLResponse(html, problem.status, HEADERS)


def sign_in_first(request: Request) -> Response:
    """Afterwards people are where they wanted to go; what they were sending is not sent again by itself."""
    return go_to(request, f"{SIGN_IN}?{urlencode({'next': here(request)})}")


def go_to(request: Request, address: str) -> Response:
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
