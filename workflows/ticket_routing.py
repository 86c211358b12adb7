"""How a ticket finds its queue, and the person who answers it."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import TicketState
    from workflows.human_task import TaskProcess


class TicketRouting(TaskProcess[TicketState]):
    async def route(self) -> None:
        """Its stage is `queued` afterwards, or `triage` where a person must choose."""
        state = self.state
        state.stage, state.to_turn = "queued", True
        self.change("ticket.queued", queue=state.queue)

    async def take_turn(self) -> None:
        """Whoever is on duty has it, or it waits in its queue."""

    def turn_wake(self) -> datetime | None:
        """When somebody is on duty next."""
        return None

    async def untouched(self) -> None:
        """Assigned, and nobody touched it: it goes back."""
