"""The forms of a task's panel: what is done leads to the next task, what leaves it open to the task as it is then."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from db.process import Task
from db.task import find_task
from domain.ids import RecordId
from domain.process import Answer
from ui.panel_form import PanelForm, Typed
from ui.render import wants_fragment
from ui.task_list import list_around, next_after
from ui.task_panel import read_panel, show_panel
from ui.toast import redirect


class Nothing(BaseModel):
    """A form with a button only."""


@dataclass
class Acting(PanelForm):
    """Somebody does something to a task from its panel."""

    task_id: RecordId

    @property
    def address(self) -> str:
        return f"/tasks/{self.task_id}"

    async def panel(self, status: int = 200, task_id: str = "", **more: Any) -> Response:
        async with self.services.db.session(self.actor.id) as session:
            aside = wants_fragment(self.request)
            found = await read_panel(session, self.request, self.actor, task_id or self.task_id, aside=aside, **more)
        return await show_panel(self.request, found, status=status)

    async def do(
        self, form: type[Typed], act: Callable[[Typed, Task], Awaitable[Answer]], said: str, *, dialog: str = ""
    ) -> Response:
        """`said` is what the toast says of the task's title once it is done; then the next task opens."""
        async with self.services.db.session(self.actor.id) as session:
            row = await find_task(session, self.actor, self.task_id)
        answer = await self.send(form, lambda typed: act(typed, row.task), dialog=dialog)
        if isinstance(answer, Response):
            return answer
        if not answer.seen:
            return await self.sending()
        return await self._next(self.say(said, title=row.task.title or row.company or ""))

    async def stay(self, take: Callable[[], Awaitable[Answer]], said: str) -> Response:
        """For a button that leaves the task open."""
        return await self.keep(Nothing, lambda _: take(), said)

    async def _next(self, said: str) -> Response:
        path, wanted = list_around(self.request)
        if not wants_fragment(self.request):
            return redirect(self.request, path, said)
        async with self.services.db.session(self.actor.id) as session:
            following = await next_after(session, self.request, self.actor, self.task_id)
        answer = await self.panel(task_id=following, fresh=True) if following else Response()
        answer.headers["HX-Replace-Url"] = wanted.address(path, open=following)
        return self.changed(answer, said)
