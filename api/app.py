"""The application without its pages: who asks, problems in words, JSON routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import Depends, FastAPI

from api import (
    absence,
    account,
    allocation,
    approval,
    bank,
    canned_answer,
    codec,
    collection,
    collection_act,
    contract,
    contract_term,
    contract_verify,
    customer,
    customer_act,
    customer_export,
    customer_field,
    customer_import,
    customer_list,
    customer_match,
    customer_region,
    deal,
    deal_part,
    document,
    equipment,
    follow_up,
    health,
    invoice,
    lead,
    lead_form,
    lead_hook,
    lead_intake,
    lead_upload,
    legal,
    notification,
    ops,
    order,
    page_image,
    person,
    policy,
    policy_draft,
    pool,
    problem,
    product,
    quote,
    receivable,
    report,
    shift,
    sign_in,
    signpost,
    sla,
    task,
    team,
    ticket,
    ticket_hook,
)
from api.auth import identify
from api.body import BodyLimit, text_is_storable
from api.openapi import describe
from api.services import open_services
from settings import Settings

ROUTERS = (
    sign_in.router, account.router, person.router, lead_intake.router, lead.router, lead_form.router,
    lead_upload.router, lead_hook.router, deal.router, deal_part.router, order.router,
    contract_verify.router, contract_term.router, contract.router, legal.router, quote.router, invoice.router,
    product.router, document.router, page_image.router,
    collection.router, collection_act.router, bank.router, customer_match.router, customer_import.router,
    customer_act.router, customer_export.router, customer_list.router, customer.router, customer_field.router,
    follow_up.router,
    receivable.router, task.router, team.router,
    approval.router,
    equipment.router, allocation.router, customer_region.router,
    absence.router, notification.router, policy.router, policy_draft.router,
    report.router, shift.router, sla.router, ops.router, codec.router, ticket.router, ticket_hook.router,
    canned_answer.router,
    pool.router,
)  # fmt: skip


def create_app(settings: Settings) -> FastAPI:
    """Opens its services when it is started and closes them when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as app.state.services:
            yield

    app = FastAPI(
        title="Throughline",
        version=version("throughline"),
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(text_is_storable), Depends(identify)],
    )
    app.state.settings = settings
    app.add_middleware(lead_form.FormCors)
    app.add_middleware(BodyLimit)
    app.add_middleware(health.Metrics)
    problem.install(app)
    signpost.install(app)
    describe(app)
    app.router.routes.extend(health.ROUTES)
    for router in ROUTERS:
        app.include_router(router)
    return app
