"""Leads under way: contacted, qualified into a deal, or dismissed."""

from __future__ import annotations

from datetime import date

from commands.idempotency import claim
from commands.lead_intake import LeadIntake
from commands.temporal import update_id
from db.scope import visible
from domain.access import Actor
from domain.process import Answer
from workflows.lead import CloseLead, LeadWorkflow, LogContact, QualifyLead, lead_workflow_id


class LeadCommands(LeadIntake):
    async def contact(self, actor: Actor, key: str, lead_id: str, *, how: str, note: str) -> Answer:
        return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.contact, LogContact, how=how, note=note)

    async def qualify(
        self, actor: Actor, key: str, lead_id: str, *,
        title: str, amount: int, close_on: date | None, next_step: str | None,
    ) -> Answer:  # fmt: skip
        """The answer's result has the new deal's id."""
        fields = {"title": title, "amount": amount, "close_on": close_on, "next_step": next_step}
        async with self.desk.db.session(actor.id) as session:
            await visible(session, actor, "lead", lead_id)
            deal_id = await claim(session, actor, key, "QualifyLead", f"lead/{lead_id}", fields)
        command = QualifyLead(
            actor=actor, key=update_id(actor, key), deal_id=deal_id,
            title=title, amount=amount, close_on=close_on, next_step=next_step,
        )  # fmt: skip
        answer = await self.desk.send(actor, key, lead_workflow_id(lead_id), LeadWorkflow.qualify, command)
        # Also where it was accepted only: the id was chosen before, and the page can wait for that deal.
        return answer.model_copy(update={"result": {"deal_id": deal_id}})

    async def dismiss(self, actor: Actor, key: str, lead_id: str, *, reason: str) -> Answer:
        return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.dismiss, CloseLead, reason=reason)
