"""A form of a task's panel on its way: checked, handed to the command, answered by what comes next or what is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.problem import named
from api.services import Provided
from db.process import Task
from db.task import find_task
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import Refused
from locales import N_, translate
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import wants_fragment
from ui.task_list import list_around, next_after
from ui.task_panel import read_panel, show_panel
from ui.toast import redirect, toasted

Typed = TypeVar("Typed", bound=BaseModel)

SHOWN_IN_PLACE = (403, 409, 413, 422)
"""Refusals that the panel answers itself, with the task as it is now; others are for the page around."""

SENT = N_("Accepted. It will show here in a moment.")


@dataclass
class Acting:
    """Somebody does something to a task from its panel; a dependency of every route that does."""

    request: Request
    task_id: RecordId
    key: IdempotencyKey
    actor: CurrentActor
    services: Provided

    async def do(self, form: type[Typed], act: Callable[[Typed, Task], Awaitable[Answer]], said: str) -> Response:
        """`said` is what the toast says of the task's title once it is done; then the next task opens."""
        async with self.services.db.session(self.actor.id) as session:
            row = await find_task(session, self.actor, self.task_id)
        try:
            typed = form.model_validate(dict(await self.request.form()))
            answer = await act(typed, row.task)
        except (ValidationError, Refused) as wrong:
            return await self._again(wrong)
        if not answer.seen:
            return await self._sending()
        return await self._next(self.say(said, title=row.task.title or row.company or ""))

    async def stay(self, taken: Awaitable[Answer], said: str) -> Response:
        """For what leaves the task open: the panel stays, as it is now."""
        try:
            await taken
        except Refused as refused:
            return await self._again(refused)
        if not wants_fragment(self.request):
            return redirect(self.request, f"/tasks/{self.task_id}", self.say(said))
        return self._changed(await self._panel(), self.say(said))

    def say(self, text: str, **words: str) -> str:
        said = translate(pages_of(self.request).language(self.request)).gettext(text)
        return said % words if words else said

    async def _panel(self, task_id: str = "", status: int = 200, **more: Any) -> Response:
        async with self.services.db.session(self.actor.id) as session:
            aside = wants_fragment(self.request)
            panel = await read_panel(session, self.request, self.actor, task_id or self.task_id, aside=aside, **more)
        return await show_panel(self.request, panel, status=status)

    async def _again(self, wrong: ValidationError | Refused) -> Response:
        if isinstance(wrong, Refused) and wrong.status not in SHOWN_IN_PLACE:
            raise wrong
        status = 422
        if isinstance(wrong, Refused):
            status, wrong = wrong.status, await named(self.request, wrong)
        typed = dict(await self.request.form())
        return await self._panel(status=status, errors=mistakes(self.request, wrong), typed=typed)

    async def _sending(self) -> Response:
        if not wants_fragment(self.request):
            return redirect(self.request, f"/tasks/{self.task_id}?sent=1", self.say(SENT), "info")
        return toasted(await self._panel(sending=True), self.say(SENT), "info")

    async def _next(self, said: str) -> Response:
        path, wanted = list_around(self.request)
        if not wants_fragment(self.request):
            return redirect(self.request, path, said)
        async with self.services.db.session(self.actor.id) as session:
            following = await next_after(session, self.request, self.actor, self.task_id)
        answer = await self._panel(following, fresh=True) if following else Response()
        answer.headers["HX-Replace-Url"] = wanted.address(path, open=following)
        return self._changed(answer, said)

    def _changed(self, answer: Response, said: str) -> Response:
        """The list and the rail read themselves anew; the process's own signal may come before or after."""
        answer.headers["HX-Trigger-After-Settle"] = "live:resync"
        return toasted(answer, said)
