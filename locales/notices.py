"""What people are told, in the app and by mail: the sentence for each kind of notice, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locales import N_, translate

SENTENCES = {
    "task.opened.first_contact": N_("A new lead is yours: make first contact."),
    "task.reminded.first_contact": N_("A lead still waits for first contact."),
    "task.escalated.first_contact": N_("A lead in your region was not contacted in time."),
    "lead.passed_on": N_("A lead was not contacted in time and went to the next salesperson."),
    "task.opened.submit_contract": N_("Submit the contract: %(title)s"),
    "task.opened.approve": N_("For your approval: %(title)s"),
    "task.reminded.approve": N_("Still waiting for your approval: %(title)s"),
    "task.escalated.approve": N_("An approval was not decided in time: %(title)s"),
    "task.opened.record_payment": N_("An instalment is to be collected: %(title)s"),
    "task.reminded.record_payment": N_("An instalment falls due soon: %(title)s"),
    "task.escalated.record_payment": N_("An instalment is long overdue: %(title)s"),
    "deal.contract_ended": N_("The contract of %(title)s has ended its approval."),
    "deal.stalled": N_("No activity for a week: %(title)s"),
    "collection.overdue": N_("An instalment is overdue: %(title)s"),
}


def notice_text(kind: str, params: Mapping[str, Any], language: str) -> str:
    """The notice in words. Raises KeyError for a kind that has none: a test holds the catalogue against the code."""
    return translate(language).gettext(SENTENCES[kind]) % params
