"""Why a process stands still, in the reader's language: a sentence for each reason a process may give."""

from __future__ import annotations

from collections.abc import Mapping

from locales import N_, translate

SENTENCES = {
    "task.first_contact": N_("First contact with the lead"),
    "task.submit_contract": N_("A contract version to be submitted"),
    "task.approve": N_("Approval"),
    "task.answer_question": N_("An approver's question to be answered"),
    "task.stage_task": N_("A task of this stage"),
    "task.record_payment": N_("Payment of an instalment"),
    "task.assign_lead": N_("In the pool: to be claimed, or given to somebody"),
    "task.review_match": N_("Whether it is known already: to be looked at"),
    "task.ticket_overdue": N_("Overdue, to be seen to: %(clock)s"),
    "ticket.triage": N_("Somebody must choose its queue"),
    "ticket.queued": N_("In the queue: nobody has it yet"),
    "ticket.assigned": N_("An answer of ours"),
    "ticket.waiting_customer": N_("The customer's answer"),
    "ticket.waiting_third": N_("A third party"),
    "ticket.resolved": N_("Resolved: it closes by itself unless the customer writes"),
    "lead.next_contact": N_("To get in touch again"),
    "lead.asleep": N_("Asleep"),
    "lead.qualification": N_("Contacted: to be qualified or closed"),
    "deal.contract_approved": N_("The contract is approved: move the deal to won"),
    "deal.next_step": N_("Next step: %(step)s"),
    "deal.stalled": N_("No activity for too long"),
    "deal.action_failed": N_("Failed, and tried again: %(action)s"),
    "deal.contract_draft": N_("Its contract is being prepared"),
    "deal.contract_in_approval": N_("Its contract is in approval"),
    "deal.collection": N_("The money is being collected"),
    "quote.draft": N_("A quote is being drafted"),
    "quote.in_approval": N_("Approval of the quote is under way"),
    "quote.approved": N_("The quote may be sent to the customer"),
    "quote.sent": N_("The customer has the quote"),
    "quote.refused": N_("The customer declined the quote: offer another version, or withdraw it"),
    "quote.lapsed": N_("The quote has lapsed: renew it, or withdraw it"),
    "task.prepare_invoice": N_("The invoice draft to be prepared"),
    "invoice.prepared": N_("The invoice to be issued"),
    "contract.in_signing": N_("It is being signed"),
    "task.sign_contract": N_("Signature of the contract"),
    "task.choose_signatory": N_("Who signs for the customer"),
    "signing.with_customer": N_("The customer's signature"),
    "task.confirm_term": N_("How long the contract runs: to be confirmed"),
    "task.extend_customer": N_("Whether its owner keeps the customer longer"),
    "task.decide_term": N_("Whether the contract is renewed or ends"),
    "term.ends": N_("The contract runs until %(on)s"),
    "term.no_end": N_("Nobody has said until when the contract runs"),
    "deal.contract_signed": N_("The contract is signed: move the deal to won"),
    "task.review_contract": N_("Legal's review of its clauses"),
    "deal.contract_in_legal": N_("Its contract is with legal"),
    "contract.checking": N_("Its document is being read and checked"),
    "contract.scanning": N_("Its scanned pages are being read by OCR"),
    "deal.contract_checking": N_("The document of its contract is being checked"),
    "contract.in_approval": N_("Its approval is under way"),
    "collection.waiting": N_("Instalment %(no)s of %(amount)s, due after: %(event)s"),
    "collection.promise": N_("The customer promised %(amount)s by %(on)s"),
    "collection.dispute": N_("A dispute stops the clock: %(dispute)s"),
    "collection.write_off": N_("Approval of a write-off of %(amount)s"),
    "collection.refund": N_("Approval of a refund of %(amount)s"),
    "collection.service_hold": N_("Approval of a service hold"),
    "collection.surplus": N_("%(amount)s of the customer's credit to be used or refunded"),
    "collection.planned": N_("Instalment %(no)s of %(amount)s"),
    "collection.due": N_("Instalment %(no)s of %(amount)s is due"),
    "collection.overdue": N_("Instalment %(no)s of %(amount)s is overdue"),
    "import.checking": N_("Customers are being imported"),
    "import.paused": N_("The import is paused"),
    "import.undoing": N_("An import is being taken back"),
    "absence.coming": N_("The absence has not begun yet"),
    "absence.away": N_("Away, and others have the tasks"),
}
NO_STEP = N_("No next step is planned")


def wait_text(reason: str, words: Mapping[str, str], language: str) -> str:
    """`words` are the reason's parameters as the reader reads them. Raises KeyError for a reason without words."""
    sentence = NO_STEP if reason == "deal.next_step" and not words.get("step") else SENTENCES[reason]
    return translate(language).gettext(sentence) % words
