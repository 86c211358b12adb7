"""What people call the values of our fields: roles, statuses, kinds of task. Stages bring their own names."""

from __future__ import annotations

from locales import N_, translate

LABELS: dict[str, dict[str, str]] = {
    "role": {
        "sales": N_("Sales"),
        "senior_sales": N_("Senior sales"),
        "regional_manager": N_("Regional manager"),
        "sales_director": N_("Sales director"),
        "finance": N_("Finance"),
        "cfo": N_("CFO"),
        "legal": N_("Legal"),
        "support_agent": N_("Support agent"),
        "support_lead": N_("Support lead"),
        "ops": N_("Operations"),
        "administrator": N_("Administrator"),
    },
    "process": {
        "lead": N_("Lead"),
        "deal": N_("Deal"),
        "contract": N_("Contract"),
        "approval": N_("Approval"),
        "order": N_("Order"),
        "collection": N_("Collection"),
        "task": N_("Task"),
        "cash": N_("Cash"),
        "absence": N_("Absence"),
    },
    "lead": {
        "new": N_("New"),
        "assigned": N_("To be contacted"),
        "contacted": N_("Contacted"),
        "converted": N_("Qualified"),
        "closed": N_("Closed"),
    },
    "source": {
        "form": N_("Web form"),
        "api": N_("Other system"),
        "hand": N_("Entered by hand"),
    },
    "contract": {
        "draft": N_("Draft"),
        "in_approval": N_("In approval"),
        "approved": N_("Approved"),
        "returned": N_("Returned"),
        "rejected": N_("Rejected"),
        "withdrawn": N_("Withdrawn"),
    },
    "approval": {
        "pending": N_("To come"),
        "open": N_("In approval"),
        "approved": N_("Approved"),
        "returned": N_("Returned"),
        "rejected": N_("Rejected"),
        "withdrawn": N_("Withdrawn"),
    },
    "skipped": {
        "nobody": N_("nobody was found for it"),
        "own": N_("the submitter would have been the approver"),
        "twice": N_("already approved by the same person"),
    },
    "collection": {
        "open": N_("Being collected"),
        "overdue": N_("Overdue"),
        "paid": N_("Paid"),
    },
    "instalment": {
        "planned": N_("Planned"),
        "due": N_("Due"),
        "overdue": N_("Overdue"),
        "paid": N_("Paid"),
    },
    "task": {
        "first_contact": N_("Make first contact"),
        "submit_contract": N_("Submit the contract"),
        "approve": N_("Approve the contract"),
        "answer_question": N_("Answer a question"),
        "record_payment": N_("Collect an instalment"),
    },
    "policy": {
        "approval": N_("Approval lines"),
        "calendar": N_("Working calendars"),
        "pipeline": N_("Sales pipeline"),
        "collection": N_("Payment plan"),
        "lead": N_("Lead times"),
    },
    "fact_type": {
        "enum": N_("One of several values"),
        "int": N_("Whole number"),
        "money": N_("Amount of money"),
        "date": N_("Date"),
        "bool": N_("Yes or no"),
        "set": N_("Several values at once"),
    },
    "age": {
        "overdue": N_("Overdue"),
        "today": N_("Due today"),
        "later": N_("Later"),
    },
    "mode": {
        "any": N_("any one of them decides"),
        "all": N_("all of them must approve"),
        "in_order": N_("one after the other"),
    },
    "timeout": {
        "remind": N_("they are reminded again"),
        "escalate": N_("the next above may decide too"),
        "pass": N_("somebody else is asked instead"),
        "approve": N_("it counts as approved"),
        "reject": N_("it counts as rejected"),
    },
    "proof": {
        "none": N_("a click"),
        "signature": N_("the typed name as signature"),
        "second_factor": N_("a code of the second factor"),
    },
    "calendar": {
        "office": N_("office calendar"),
    },
    "subject": {
        "contract": N_("Contract"),
    },
    "outcome": {
        "draft": N_("back in draft"),
        "in_approval": N_("in approval"),
        "contacted": N_("contacted"),
        "qualified": N_("qualified"),
        "closed": N_("closed"),
        "submitted": N_("submitted"),
        "approved": N_("approved"),
        "returned": N_("returned"),
        "rejected": N_("rejected"),
        "withdrawn": N_("withdrawn"),
        "answered": N_("answered"),
        "paid": N_("paid in full"),
        "lost": N_("lost"),
    },
    "absence": {
        "coming": N_("Coming"),
        "away": N_("Away"),
        "over": N_("Over"),
        "cancelled": N_("Called off"),
    },
    "how": {
        "call": N_("Phone call"),
        "visit": N_("Visit"),
        "wechat": N_("WeChat"),
        "mail": N_("E-mail"),
        "note": N_("Note"),
    },
    "field": {
        "title": N_("Title"),
        "amount": N_("Amount"),
        "close_on": N_("Close date"),
        "next_step": N_("Next step"),
        "address": N_("Network address"),
        "email": N_("E-mail address"),
        "name": N_("Name"),
        "name_en": N_("Name in English"),
        "unit_id": N_("Team"),
        "manager_id": N_("Reports to"),
        "roles": N_("Roles"),
    },
}


def label(group: str, key: str, language: str) -> str:
    """`label("contract", "in_approval", "en")` -> "In approval". A key that a policy made up is its own label."""
    text = LABELS[group].get(key)
    return translate(language).gettext(text) if text else key
