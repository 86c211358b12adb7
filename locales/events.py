"""What happened, as a timeline says it: the sentence for each kind of event, in the reader's language.

The one who did it stands beside the sentence, comments and notes below it.
"""

from __future__ import annotations

from collections.abc import Mapping

from locales import N_, translate

SENTENCES = {
    "lead.captured": N_("Lead came in"),
    "lead.assigned": N_("Lead assigned to %(owner)s"),
    "lead.unassigned": N_("Nobody in the region could take the lead: its manager was asked"),
    "lead.late": N_("Not contacted in time, and nobody else can take it"),
    "lead.contacted": N_("First contact: %(how)s"),
    "lead.qualified": N_("Lead qualified"),
    "lead.dismissed": N_("Lead closed"),
    "lead.converted": N_("Became a customer with a deal"),
    "lead.closed": N_("Lead ended without a deal"),
    "deal.opened": N_("Deal opened: %(title)s, %(amount)s"),
    "deal.moved": N_("Moved from %(was)s to %(now)s"),
    "deal.edited": N_("Changed: %(changes)s"),
    "deal.followed_up": N_("Follow-up: %(how)s"),
    "deal.split": N_("Split off: %(part)s, %(amount)s"),
    "deal.reopened": N_("Reopened in %(now)s"),
    "deal.person_added": N_("Person added: %(contact)s, %(person_role)s"),
    "deal.person_changed": N_("Person changed: %(contact)s, %(person_role)s, %(attitude)s"),
    "deal.person_removed": N_("Person taken off: %(contact)s"),
    "deal.competitor_added": N_("Competitor added: %(competitor)s"),
    "deal.competitor_changed": N_("Competitor changed: %(competitor)s, %(competitor_status)s"),
    "deal.competitor_removed": N_("Competitor taken off: %(competitor)s"),
    "deal.file_added": N_("File added: %(file)s"),
    "deal.file_removed": N_("File taken off: %(file)s"),
    "deal.service_tier": N_("Customer put into the service queue: %(tier)s"),
    "deal.stalled": N_("No activity for a week"),
    "deal.contract_opened": N_("Contract opened"),
    "deal.contract_changed": N_("Contract %(status)s, %(amount)s"),
    "deal.order_placed": N_("Order %(number)s placed"),
    "deal.closed": N_("Deal closed: %(outcome)s"),
    "contract.opened": N_("Contract waits for its first version"),
    "contract.amount_changed": N_("Contract to be made out over %(amount)s"),
    "contract.submitted": N_("Version %(version)s submitted for approval: %(amount)s"),
    "contract.approved": N_("Contract approved"),
    "contract.returned": N_("Contract returned for another version"),
    "contract.rejected": N_("Contract rejected"),
    "contract.withdrawn": N_("Contract withdrawn"),
    "contract.closed": N_("Contract closed: %(outcome)s"),
    "approval.opened": N_("Approval of version %(version)s began"),
    "approval.routed": N_("Approval path: %(steps)s"),
    "approval.approved": N_("Approved by everybody on the path"),
    "approval.returned": N_("Approval ended: returned"),
    "approval.rejected": N_("Approval ended: rejected"),
    "approval.withdrawn": N_("Approval withdrawn"),
    "approval.rerouted": N_("Approval path by policy v%(policy)s: %(steps)s"),
    "approval.policy_moved": N_("Moved to version %(version)s of the approval policy"),
    "approval.skipped": N_("Step left out: %(step)s"),
    "approval.returned_to": N_("Returned to an earlier step: %(step)s"),
    "approval.signer_before": N_("Signer added, to decide first: %(holders)s"),
    "approval.signer_after": N_("Signer added, to decide next: %(holders)s"),
    "approval.question": N_("Question to the submitter"),
    "approval.answer": N_("Answer to an approver"),
    "approval.comment": N_("Comment"),
    "approval.nudged": N_("Nudged: %(holders)s"),
    "collection.opened": N_("Collection began: %(amount)s in %(instalments)s instalments"),
    "collection.payment": N_("Payment of %(amount)s received on %(received_on)s"),
    "collection.overdue": N_("Instalment %(no)s is overdue: %(amount)s"),
    "collection.paid": N_("Paid in full"),
    "absence.planned": N_("Absence planned"),
    "absence.changed": N_("Absence changed"),
    "absence.cancelled": N_("Absence called off"),
    "absence.began": N_("Absence began"),
    "absence.handed_over": N_("Open tasks that others have now: %(tasks)s"),
    "absence.ended": N_("Absence ended"),
    "absence.handed_back": N_("Done meanwhile: %(done)s, left: %(tasks)s"),
    "absence.closed": N_("Absence closed: %(outcome)s"),
    "task.opened": N_("%(task)s: asked of %(holders)s"),
    "task.done": N_("%(task)s: %(outcome)s"),
    "task.claimed": N_("%(task)s: taken"),
    "task.released": N_("%(task)s: given back"),
    "task.reminded": N_("%(task)s: reminded"),
    "task.delegated": N_("%(task)s: delegated to %(holders)s"),
    "task.owner_changed": N_("Handed over to %(owner)s"),
    "task.handed_over": N_("%(task)s: handed over to %(holders)s"),
    "task.handed_on": N_("%(task)s: handed on to %(holders)s"),
    "task.passed": N_("%(task)s: time was up, passed on to %(holders)s"),
    "task.left": N_("%(task)s: the person asked has left, now with %(holders)s"),
    "task.resumed": N_("%(task)s: the time allowed runs on"),
    "task.escalated": N_("%(task)s: not done in time, %(to)s was told"),
}


class _Words(dict[str, str]):
    """An event from before a sentence asked for more is still shown."""

    def __missing__(self, name: str) -> str:
        return "…"


def event_text(kind: str, words: Mapping[str, str], language: str) -> str:
    """`words` are the event's parameters as the reader reads them: names, money, dates."""
    return translate(language).gettext(SENTENCES.get(kind, kind)) % _Words(words)
