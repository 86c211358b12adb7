"""What people call the values of our fields: roles, statuses, kinds of task. Stages bring their own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locales import N_, translate
from locales.allocation_labels import ALLOCATION_LABELS
from locales.bank_labels import BANK_LABELS
from locales.clause_labels import CLAUSE_LABELS
from locales.collection_labels import COLLECTION_LABELS
from locales.contract_labels import CONTRACT_LABELS
from locales.customer_labels import CUSTOMER_LABELS
from locales.customer_list_labels import CUSTOMER_LIST_LABELS
from locales.lead_labels import LEAD_LABELS
from locales.match_labels import MATCH_LABELS
from locales.pool_labels import POOL_LABELS
from locales.sla_labels import SLA_LABELS
from locales.ticket_labels import TICKET_LABELS

LABELS: dict[str, dict[str, str]] = (
    {
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
            "quote": N_("Quote"),
            "invoice": N_("Invoice"),
            "order": N_("Order"),
            "collection": N_("Collection"),
            "task": N_("Task"),
            "instalment": N_("Instalment"),
            "instalments": N_("Instalments"),
            "cash": N_("Cash"),
            "absence": N_("Absence"),
            "import": N_("Import"),
            "signing": N_("Signing"),
            "ticket": N_("Ticket"),
            "contract_term": N_("Term of a contract"),
        },
        "quote": {
            "draft": N_("Draft"),
            "in_approval": N_("In approval"),
            "approved": N_("Approved"),
            "sent": N_("Sent"),
            "accepted": N_("Accepted"),
            "refused": N_("Declined"),
            "lapsed": N_("Lapsed"),
            "withdrawn": N_("Withdrawn"),
            "superseded": N_("Replaced"),
            "returned": N_("Returned"),
            "rejected": N_("Rejected"),
            "renewal_asked": N_("Lapsed, renewal asked for"),
        },
        "invoice": {
            "draft": N_("To be prepared"),
            "prepared": N_("Prepared"),
            "issued": N_("Issued"),
            "withdrawn": N_("Withdrawn"),
        },
        "contract": {
            "draft": N_("Draft"),
            "checking": N_("Being checked"),
            "in_legal": N_("With legal"),
            "in_approval": N_("In approval"),
            "approved": N_("Approved"),
            "signed": N_("Signed"),
            "returned": N_("Returned"),
            "rejected": N_("Rejected"),
            "withdrawn": N_("Withdrawn"),
        },
        "customer_signing": {
            "signing": N_("Our signatures under way"),
            "with_customer": N_("The customer's turn"),
            "signed": N_("Signed"),
            "declined": N_("Declined"),
            "handed_back": N_("Handed back"),
            "expired": N_("Not signed in time"),
            "failed": N_("Could not be sealed"),
            "withdrawn": N_("Withdrawn"),
        },
        "seal_problem": {
            "seal_impossible": N_("this PDF cannot be added to. Save it anew and submit that"),
            "signed_before": N_("it carries signatures already. Submit it without them"),
            "seal_unsound": N_("read back, the seal did not hold"),
            "document_too_large": N_("with the signature page it would be too large"),
            "sandbox_memory": N_("it is too large when unpacked"),
            "sandbox_time": N_("it takes too long to read"),
            "file_unreadable": N_("it cannot be read"),
        },
        "signature": {
            "waiting": N_("To come"),
            "asked": N_("Asked to sign"),
            "sealing": N_("Being sealed"),
            "signed": N_("Signed"),
            "skipped": N_("Has signed already"),
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
        "letter_key": {
            "payment_reminder": N_("Payment reminder"),
            "overdue_1": N_("First overdue letter"),
            "overdue_2": N_("Second overdue letter"),
            "overdue_3": N_("Last overdue letter"),
            "statement": N_("Statement of account"),
        },
        "task": {
            "first_contact": N_("Make first contact"),
            "assign_lead": N_("Give a lead to somebody"),
            "review_match": N_("Say whether a lead is known"),
            "submit_contract": N_("Submit the contract"),
            "prepare_invoice": N_("Prepare the invoice"),
            "review_contract": N_("Review the contract's clauses"),
            "sign_contract": N_("Sign the contract"),
            "choose_signatory": N_("Have the customer sign"),
            "confirm_term": N_("Confirm how long a contract runs"),
            "decide_term": N_("Renew a contract or let it end"),
            "extend_customer": N_("Keep a customer longer"),
            "approve": N_("Approval"),
            "answer_question": N_("Answer a question"),
            "record_payment": N_("Collect an instalment"),
            "stage_task": N_("Task of a stage"),
            "ticket_overdue": N_("See to an overdue ticket"),
        },
        "policy": {
            "quote_template": N_("Quotes"),
            "approval": N_("Approval lines"),
            "calendar": N_("Working calendars"),
            "pipeline": N_("Sales pipeline"),
            "collection": N_("Payment plan"),
            "lead": N_("Lead times"),
            "lead_score": N_("Lead scoring"),
            "lead_assignment": N_("Lead assignment"),
            "service_tier": N_("Service queue"),
            "letter": N_("Letters to customers"),
            "bank": N_("Matching bank lines"),
            "contract": N_("Contracts"),
            "clause_standard": N_("Clause standard"),
            "sla": N_("Service levels"),
            "service": N_("Service desk"),
            "macro": N_("Macros"),
            "ticket_routing": N_("Ticket routing"),
            "customer_field": N_("Customer fields"),
            "allocation": N_("Weekly allocation"),
            "customer_assignment": N_("New customers by rule"),
            "pool": N_("Customer pool"),
        },
        "stage_action": {
            "task": N_("a task"),
            "mail": N_("a letter to the customer"),
            "quote": N_("the quote"),
            "contract": N_("the contract"),
            "invoice_draft": N_("the invoice draft"),
            "payment_reminder": N_("a payment reminder"),
            "field": N_("a field filled in"),
            "webhook": N_("a message to another system"),
        },
        "stage_when": {
            "entry": N_("On entering"),
            "leave": N_("On leaving"),
        },
        "priority": {
            "0": N_("None"),
            "1": N_("Low"),
            "2": N_("Medium"),
            "3": N_("High"),
        },
        "stall": {
            "amber": N_("Stalled"),
            "red": N_("Stalled for long"),
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
            "always": N_("around the clock"),
            "24x7": N_("around the clock"),
        },
        "letter": {
            "queued": N_("Waits to be sent"),
            "sent": N_("Sent"),
            "failed": N_("Not sent"),
        },
        "letter_part": {
            "company": N_("our company"),
            "customer": N_("the customer's company"),
            "contact": N_("whom it is written to"),
            "number": N_("number of the quote or the collection"),
            "title": N_("what it is about"),
            "amount": N_("amount"),
            "paid": N_("paid so far"),
            "outstanding": N_("still to be paid"),
            "due_on": N_("due date"),
            "valid_until": N_("valid until"),
            "as_of": N_("day of the statement"),
            "days": N_("days overdue"),
            "instalment": N_("number of the instalment"),
            "reference": N_("what to quote with the payment"),
            "link": N_("link to the page for the customer"),
            "owner": N_("who looks after the customer"),
            "text": N_("the answer itself"),
        },
        "subject": {
            "contract": N_("Contract"),
            "quote": N_("Quote"),
            "write_off": N_("Write-off"),
            "refund": N_("Refund"),
            "service_hold": N_("Service hold"),
        },
        "outcome": {
            "accepted": N_("accepted"),
            "prepared": N_("prepared"),
            "issued": N_("issued"),
            "draft": N_("back in draft"),
            "checking": N_("being checked"),
            "in_legal": N_("with legal"),
            "in_approval": N_("in approval"),
            "signed": N_("signed"),
            "clear": N_("cleared"),
            "conditions": N_("cleared with conditions"),
            "return": N_("returned"),
            "contacted": N_("contacted"),
            "qualified": N_("qualified"),
            "closed": N_("closed"),
            "claimed": N_("claimed from the pool"),
            "assigned": N_("given to somebody"),
            "asleep": N_("put to sleep"),
            "merged": N_("known already"),
            "new": N_("something new"),
            "submitted": N_("submitted"),
            "approved": N_("approved"),
            "returned": N_("returned"),
            "rejected": N_("rejected"),
            "withdrawn": N_("withdrawn"),
            "answered": N_("answered"),
            "paid": N_("paid in full"),
            "written_off": N_("closed with a write-off"),
            "credited": N_("credited"),
            "lost": N_("lost"),
            "won": N_("won"),
            "done": N_("done"),
            "sent": N_("sent"),
            "granted": N_("granted"),
            "refused": N_("refused"),
            "lapsed": N_("lapsed"),
            "confirmed": N_("confirmed"),
            "renew": N_("is renewed"),
            "go_on": N_("goes on by itself"),
            "end": N_("is to end"),
            "renewed": N_("renewed"),
            "ended": N_("ended"),
        },
        "import": {
            "done": N_("imported"),
            "cancelled": N_("cancelled"),
            "failed": N_("could not be read"),
            "undone": N_("taken back"),
        },
        "absence": {
            "coming": N_("Coming"),
            "away": N_("Away"),
            "over": N_("Over"),
            "cancelled": N_("Called off"),
        },
        "person_role": {
            "decider": N_("Decider"),
            "buyer": N_("Buyer"),
            "user": N_("User"),
            "champion": N_("Champion"),
            "influencer": N_("Influencer"),
            "blocker": N_("Blocker"),
        },
        "attitude": {
            "supports": N_("For us"),
            "neutral": N_("Neutral"),
            "against": N_("Against us"),
            "unknown": N_("Not known"),
        },
        "competitor": {
            "active": N_("In the running"),
            "ahead": N_("Ahead of us"),
            "behind": N_("Behind us"),
            "out": N_("Out"),
        },
        "result": {
            "reached": N_("Spoke with them"),
            "meeting": N_("Meeting arranged"),
            "interested": N_("Interested"),
            "waiting": N_("They will come back"),
            "not_reached": N_("Not reached"),
            "declined": N_("Declined"),
        },
        "tier": {
            "standard": N_("Standard"),
            "vip": N_("VIP"),
        },
        "how": {
            "call": N_("Phone call"),
            "visit": N_("Visit"),
            "wechat": N_("WeChat"),
            "mail": N_("E-mail"),
            "note": N_("Note"),
        },
        "language": {
            "zh_CN": N_("Chinese"),
            "en": N_("English"),
        },
        "field": {
            "title": N_("Title"),
            "amount": N_("Amount"),
            "close_on": N_("Close date"),
            "next_step": N_("Next step"),
            "priority": N_("Priority"),
            "next_step_on": N_("Next step on"),
            "address": N_("Network address"),
            "email": N_("E-mail address"),
            "name": N_("Name"),
            "name_en": N_("Name in English"),
            "unit_id": N_("Team"),
            "manager_id": N_("Reports to"),
            "roles": N_("Roles"),
        },
    }
    | LEAD_LABELS
    | COLLECTION_LABELS
    | BANK_LABELS
    | CLAUSE_LABELS
    | TICKET_LABELS
    | ALLOCATION_LABELS
    | CONTRACT_LABELS
    | SLA_LABELS
    | POOL_LABELS
    | CUSTOMER_LABELS
    | MATCH_LABELS
    | CUSTOMER_LIST_LABELS
)


def task_name(kind: str, params: Mapping[str, Any], language: str) -> str:
    """What a task is called: a stage's by the words of its policy, any other by its kind."""
    if words := params.get("words"):
        return str(words["en" if language == "en" else "zh"])
    if kind == "stage_task" and params.get("action") == "payment_reminder":
        return translate(language).gettext(N_("Agree when and how it is paid"))
    if kind == "ticket_overdue" and (clock := params.get("clock")):
        named = {"field": label("task", kind, language), "value": label("clock", clock, language)}
        return translate(language).gettext("%(field)s: %(value)s") % named
    return label("task", kind, language)


def label(group: str, key: str, language: str) -> str:
    """`label("contract", "in_approval", "en")` -> "In approval". A key that a policy made up is its own label."""
    text = LABELS[group].get(key)
    return translate(language).gettext(text) if text else key
