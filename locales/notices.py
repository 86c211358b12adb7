"""What people are told, in the app and by mail: the sentence for each kind of notice, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from locales import N_, translate
from locales.change_words import change_text

SENTENCES = {
    "task.opened.first_contact": N_("A new lead is yours: make first contact."),
    "task.reminded.first_contact": N_("A lead still waits for first contact."),
    "task.escalated.first_contact": N_("A lead in your region was not contacted in time."),
    "task.opened.assign_lead": N_("A lead waits in the pool: give it to somebody."),
    "task.reminded.assign_lead": N_("A lead still waits in the pool."),
    "task.escalated.assign_lead": N_("Nobody has seen to a lead in the pool."),
    "task.opened.review_match": N_("A lead looks like one we know: say whether it is."),
    "task.reminded.review_match": N_("A lead still waits to be compared with what we know."),
    "task.escalated.review_match": N_("Nobody has said whether a lead is known already."),
    "ticket.triaged": N_("Ticket %(number)s needs somebody to choose its queue."),
    "ticket.nobody": N_("Nobody can take ticket %(number)s: it still waits in its queue."),
    "ticket.untouched": N_("Ticket %(number)s went to somebody else, since it was not touched in time."),
    "ticket.assigned": N_("Ticket %(number)s is yours."),
    "ticket.customer_wrote": N_("The customer wrote in ticket %(number)s."),
    "ticket.reopened": N_("Ticket %(number)s is open again."),
    "ticket.joined": N_("Another ticket was merged into %(number)s."),
    "ticket.amber": N_("Ticket %(number)s: a good part of its time is used."),
    "ticket.red": N_("Ticket %(number)s: time is almost up."),
    "ticket.breached": N_("Ticket %(number)s is overdue."),
    "task.opened.ticket_overdue": N_("Ticket %(title)s is overdue: see to it."),
    "task.reminded.ticket_overdue": N_("The overdue ticket %(title)s still waits to be seen to."),
    "task.escalated.ticket_overdue": N_("Nobody has seen to the overdue ticket %(title)s."),
    "ticket.wait_over": N_("The wait in ticket %(number)s is over."),
    "lead.pooled": N_("A new lead lies in your region's pool."),
    "lead.given": N_("A lead under way is yours now."),
    "lead.touched": N_("A lead of yours turned to us again."),
    "lead.came_back": N_("Somebody you made a customer turned to us again."),
    "lead.follow_up_due": N_("The day to get in touch with a lead again has come."),
    "lead.passed_on": N_("A lead was not contacted in time and went to the next salesperson."),
    "task.opened.submit_contract": N_("Submit the contract: %(title)s"),
    "task.opened.approve": N_("For your approval: %(title)s"),
    "task.reminded.approve": N_("Still waiting for your approval: %(title)s"),
    "task.escalated.approve": N_("An approval was not decided in time: %(title)s"),
    "task.opened.answer_question": N_("An approver asks you about %(title)s"),
    "task.reminded.answer_question": N_("An approver still waits for your answer: %(title)s"),
    "task.escalated.answer_question": N_("An approver's question was not answered in time: %(title)s"),
    "approval.commented": N_("Comment on %(title)s"),
    "approval.answered": N_("Your question was answered: %(title)s"),
    "approval.nudged": N_("The submitter asks you to decide soon: %(title)s"),
    "approval.copied": N_("A copy for you: %(title)s"),
    "task.opened.record_payment": N_("An instalment is to be collected: %(title)s"),
    "task.reminded.record_payment": N_("An instalment falls due soon: %(title)s"),
    "task.escalated.record_payment": N_("An instalment is long overdue: %(title)s"),
    "quote.seen": N_("The customer opened the quote: %(title)s"),
    "quote.accepted": N_("The customer accepted the quote: %(title)s"),
    "quote.refused": N_("The customer declined the quote: %(title)s"),
    "quote.lapses_soon": N_("A quote lapses soon: %(title)s"),
    "quote.lapsed": N_("A quote has lapsed: %(title)s"),
    "quote.renewal_asked": N_("The customer asks to renew a lapsed quote: %(title)s"),
    "task.opened.prepare_invoice": N_("Prepare the invoice draft: %(title)s"),
    "task.reminded.prepare_invoice": N_("An invoice draft still waits to be prepared: %(title)s"),
    "task.escalated.prepare_invoice": N_("An invoice draft was not prepared in time: %(title)s"),
    "deal.contract_approved": N_("The contract of %(title)s is approved."),
    "task.opened.choose_signatory": N_("We have signed. Choose who signs for the customer: %(title)s"),
    "task.reminded.choose_signatory": N_("Still to choose who signs for the customer: %(title)s"),
    "task.escalated.choose_signatory": N_("Nobody has chosen who signs for the customer: %(title)s"),
    "task.opened.review_contract": N_("Clauses to review: %(title)s"),
    "task.reminded.review_contract": N_("Clauses still wait for your review: %(title)s"),
    "task.escalated.review_contract": N_("A contract was not reviewed in time: %(title)s"),
    "review.clear": N_("Legal cleared version %(version)s: %(title)s"),
    "review.conditions": N_("Legal cleared version %(version)s with conditions: %(title)s"),
    "review.return": N_("Legal returned version %(version)s: %(title)s"),
    "task.opened.sign_contract": N_("For your signature: %(title)s"),
    "task.reminded.sign_contract": N_("Still waiting for your signature: %(title)s"),
    "task.escalated.sign_contract": N_("A contract was not signed in time: %(title)s"),
    "task.opened.confirm_term": N_("Signed: %(title)s. Confirm how long it runs, so that we remind you in time"),
    "task.reminded.confirm_term": N_("Still to confirm how long it runs: %(title)s"),
    "task.escalated.confirm_term": N_("Nobody has confirmed how long it runs: %(title)s"),
    "task.opened.decide_term": N_("Renew it or let it end: %(title)s"),
    "task.reminded.decide_term": N_("Still to be renewed or ended: %(title)s"),
    "task.escalated.decide_term": N_("Nobody has said whether to renew it: %(title)s"),
    "term.notice_soon": N_("%(title)s: to be renewed or ended until %(on)s"),
    "term.warranty_soon": N_("%(title)s: the warranty ends on %(on)s"),
    "term.went_on": N_("%(title)s goes on by itself until %(on)s"),
    "term.ended": N_("%(title)s has ended"),
    "deal.contract_signed": N_("The contract of %(title)s is signed."),
    "deal.contract_rejected": N_("The contract of %(title)s is rejected."),
    "deal.contract_withdrawn": N_("The contract of %(title)s is withdrawn."),
    "deal.contract_ended": N_("The contract of %(title)s has ended its approval."),
    "contract.version_came": N_("Version %(version)s of %(title)s is here. Since version %(since)s: %(change)s."),
    "contract.version_approved": N_(
        "Version %(version)s of %(title)s is approved. Since version %(since)s: %(change)s."
    ),
    "contract.version_returned": N_("Version %(version)s of %(title)s came back: %(comment)s"),
    "contract.approved": N_("Version %(version)s of %(title)s is approved."),
    "deal.handed_over": N_("A deal is yours now, with all that is under way: %(title)s"),
    "collection.reminder": N_("An instalment falls due soon: %(title)s"),
    "collection.level": N_("Instalment %(no)s is still overdue: %(title)s"),
    "collection.reversed": N_("A payment was reversed: %(title)s"),
    "collection.promise_broken": N_("A promise to pay was broken: %(title)s"),
    "collection.disputed": N_("The customer disputes an instalment: %(title)s"),
    "collection.held": N_("Service is on hold: %(title)s"),
    "collection.hold_lifted": N_("The service hold is lifted: %(title)s"),
    "deal.stalled": N_("No activity for too long: %(title)s"),
    "deal.stalled_red": N_("Still no activity: %(title)s"),
    "deal.stalled_told": N_("A deal of your region stands still: %(title)s"),
    "task.opened.stage_task": N_("A task for you: %(title)s"),
    "task.reminded.stage_task": N_("A task still waits for you: %(title)s"),
    "task.escalated.stage_task": N_("A task was not done in time: %(title)s"),
    "collection.overdue": N_("An instalment is overdue: %(title)s"),
    "customer.arrived": N_("A new customer is yours: %(title)s."),
    "customers.allocated": N_("Customers of the pool are yours now: %(num)s."),
    "customers.taken_back": N_("An allocation was undone: customers of yours lie in the pool again: %(num)s."),
    "book.warned": N_("Customers of yours that go back to the pool soon: %(count)s, the first on %(on)s."),
    "book.planned": N_("Customers you planned to follow up today: %(count)s."),
    "book.warned_copy": N_("Customers of %(person)s that go back to the pool soon: %(count)s, the first on %(on)s."),
    "calendar.feed_changed": N_("The feed of calendar %(title)s has other days off: its draft waits to be published."),
    "calendar.feed_failed": N_("The feed of calendar %(title)s cannot be fetched. Its days off stay as they are."),
    "pool.assigned": N_("Customers that %(person)s gave you: %(count)s."),
    "task.opened.extend_customer": N_("Somebody asks to keep a customer longer: grant it or not."),
    "task.reminded.extend_customer": N_("Somebody still waits to hear whether they keep a customer longer."),
    "task.escalated.extend_customer": N_("Nobody has said whether a customer is kept longer."),
    "extension.granted": N_("You keep a customer until %(on)s, as you asked."),
    "extension.refused": N_("You do not keep a customer longer, as you had asked."),
    "extension.lapsed": N_("Nobody decided in time whether you keep a customer longer."),
    "book.recycled": N_("Customers of yours that went back to the pool: %(count)s."),
    "customers.acted": N_("What you asked for is done for %(done)s customers; see which not, and why."),
    "export.done": N_("Your export of %(rows)s customers is there."),
    "import.done": N_(
        "Your import is done: %(created)s new customers, %(updated)s updated, %(rejected)s rows not used."
    ),
    "import.cancelled": N_("Your import was cancelled. New customers until then: %(created)s."),
    "import.failed": N_("The file of your import could not be read."),
    "import.undone": N_("Your import was taken back: %(undone)s customers; left as they are: %(kept)s."),
    "absence.planned": N_("You are to stand in for %(person)s, who will be away."),
    "absence.changed": N_("The absence of %(person)s, in which you stand in, has changed."),
    "absence.cancelled": N_("%(person)s is not going to be away after all: you need not stand in."),
    "absence.began": N_("You stand in for %(person)s from now on. Open tasks you have from them: %(tasks)s."),
    "absence.ended": N_("%(person)s is back. Done by you meanwhile: %(done)s; left to them: %(tasks)s."),
    "absence.away": N_("You are away now. Open tasks that others have meanwhile: %(tasks)s."),
    "absence.nobody": N_("You are away now, but nobody stands in: your tasks stay with you."),
    "absence.back": N_("Your absence is over. Done for you: %(done)s; left to you: %(tasks)s."),
}
INSTEAD = N_("For %(name)s: %(notice)s")
"""To a substitute, who is told in the place of somebody absent."""


def notice_text(kind: str, params: Mapping[str, Any], language: str) -> str:
    """The notice in words; its `names` say what the people in it are called (see db.notification).

    Raises KeyError for a kind that has none: a test holds the catalogue against the code.
    """
    _ = translate(language).gettext
    names = {one: called[language] for one, called in params.get("names", {}).items()}
    said = {**params, "person": names.get(params.get("person"), "")}
    if "on" in params:
        said |= {"on": format_date(date.fromisoformat(params["on"]), "long", locale=language)}
    if diff := params.get("diff"):
        said |= {"since": diff["old"], "change": change_text(diff, params["currency"], language)}
    notice = _(SENTENCES[kind]) % said
    return _(INSTEAD) % {"name": names[params["for"]], "notice": notice} if "for" in params else notice
