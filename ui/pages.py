"""The pages, each area a router of its own. A new area is a module here and an entry in ui/nav.py."""

from __future__ import annotations

from ui import (
    account,
    audit,
    board,
    collection,
    collection_list,
    contract,
    customer,
    deal,
    deal_move,
    inbox,
    lead,
    lead_form,
    lead_form_list,
    lead_list,
    new_deal,
    notification,
    person,
    policy,
    sign_in,
    task,
)

ROUTERS = (
    sign_in.router,
    inbox.router,
    task.router,
    notification.router,
    account.router,
    person.router,
    audit.router,
    policy.router,
    lead_form.router,
    lead_form_list.router,
    lead_list.router,
    lead.router,
    collection_list.router,
    collection.router,
    board.router,
    new_deal.router,
    deal_move.router,
    deal.router,
    contract.router,
    customer.router,
)
