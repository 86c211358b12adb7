"""Every table, imported so that Base.metadata is whole (migrations, checks)."""

# ruff: noqa: F401 - imported for what they declare

from __future__ import annotations

from db import (
    absence,
    allocation,
    approval_reader,
    approval_turn,
    bank,
    board_view,
    book,
    collection,
    contract,
    contract_check,
    contract_term,
    contract_version,
    customer,
    customer_field,
    customer_match,
    customer_merge,
    customer_search,
    customer_tier,
    deal,
    deal_part,
    equipment,
    follow_up,
    lead,
    lead_form,
    lead_hook,
    lead_turn,
    lead_upload,
    ledger,
    legal,
    letter,
    order,
    ownership,
    person,
    policy,
    process,
    product,
    quote,
    record,
    shift,
    sign_in,
    signing,
    signing_invitation,
    ticket,
    ticket_clock,
    ticket_intake,
    ticket_routing,
    ticket_turn,
    webhook,
)
from db.base import Base

__all__ = ["Base"]
