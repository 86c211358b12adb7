"""The address of a merged customer leads to the one it lives on in."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse

from api.auth import CurrentActor
from api.services import Provided
from db.customer_signpost import signpost_to
from domain.ids import is_id


class MovedCustomer(Exception):
    """What is asked for is at `address` now."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def install(app: FastAPI) -> None:
    app.exception_handler(MovedCustomer)(_lead_on)


async def _lead_on(_request: Request, moved: MovedCustomer) -> RedirectResponse:
    return RedirectResponse(moved.address, 307)


async def follow_signpost(request: Request, actor: CurrentActor, services: Provided) -> None:
    """For routes of one customer. Raises MovedCustomer, for what reads only: what is sent is refused."""
    customer_id = str(request.path_params.get("customer_id", "")).lower()
    if request.method not in ("GET", "HEAD") or not is_id(customer_id):
        return
    async with services.db.session(actor.id) as session:
        on = await signpost_to(session, customer_id)
    if on is not None:
        path = request.url.path.lower().replace(customer_id, on, 1)
        query = f"?{request.url.query}" if request.url.query else ""
        raise MovedCustomer(path + query)
