"""The clocks of a ticket: begun, paused, reckoned, and what is due at their instants."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import TicketState
    from workflows.human_task import TaskProcess


class TicketClocks(TaskProcess[TicketState]):
    async def start_clocks(self) -> None:
        """Once its rule is chosen, those of first response and resolution run."""

    def customer_wrote(self, at: datetime) -> None:
        """An answer is owed from now on."""

    def agent_answered(self, at: datetime) -> None:
        """No answer is owed any more."""

    def pause(self, at: datetime, why: str) -> None:
        """It is not ours to do: `why` is the stage."""

    def go_on(self, at: datetime) -> None:
        """It is ours again."""

    def stop_clocks(self, at: datetime) -> None:
        """It is resolved, or ended otherwise."""

    async def reckon(self) -> None:
        """Every due instant anew, from the ticket's own history."""

    def next_wake(self) -> datetime | None:
        """When something of a clock falls due next."""
        return None

    async def what_is_due(self, now: datetime) -> None:
        """Warnings, breach and steps of the ladder up to now: each once, in order."""
