"""A form of a panel on its way: checked, given to its command, answered by the panel as it is then, or by mistakes."""

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
from domain.process import Answer
from domain.refusal import Refused
from locales import N_, translate
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import wants_fragment
from ui.toast import redirect, toasted

Typed = TypeVar("Typed", bound=BaseModel)

SHOWN_IN_PLACE = (403, 409, 413, 422)
"""Refusals that the panel answers itself, with the case as it is now; others are for the page around."""

SEVERAL = ("people",)
"""Fields of which a form may hold many."""

SENT = N_("Accepted. It will show here in a moment.")


@dataclass
class PanelForm:
    """A dependency of the routes that its forms post to; a subclass says which panel it is."""

    request: Request
    key: IdempotencyKey
    actor: CurrentActor
    services: Provided

    @property
    def address(self) -> str:
        """The panel's own page."""
        raise NotImplementedError

    async def panel(self, status: int = 200, **more: Any) -> Response:
        raise NotImplementedError

    async def send(
        self, form: type[Typed], act: Callable[[Typed], Awaitable[Answer]], *, dialog: str = ""
    ) -> Answer | Response:
        """The answer, or what is shown instead: mistakes, in the `dialog` they were made in, or a refusal."""
        try:
            return await act(form.model_validate(await self.typed()))
        except (ValidationError, Refused) as wrong:
            return await self._again(wrong, dialog)

    async def keep(
        self, form: type[Typed], act: Callable[[Typed], Awaitable[Answer]], said: str, *, dialog: str = ""
    ) -> Response:
        """For what leaves the case with this person: the panel stays, as it is then."""
        answer = await self.send(form, act, dialog=dialog)
        if isinstance(answer, Response):
            return answer
        if not answer.seen:
            return await self.sending()
        if not wants_fragment(self.request):
            return redirect(self.request, self.address, self.say(said))
        return self.changed(await self.panel(), self.say(said))

    async def typed(self) -> dict[str, Any]:
        form = await self.request.form()
        return {**form, **{name: form.getlist(name) for name in SEVERAL if name in form}}

    def say(self, text: str, **words: str) -> str:
        said = translate(pages_of(self.request).language(self.request)).gettext(text)
        return said % words if words else said

    async def _again(self, wrong: ValidationError | Refused, dialog: str) -> Response:
        if isinstance(wrong, Refused) and wrong.status not in SHOWN_IN_PLACE:
            raise wrong
        status = 422
        if isinstance(wrong, Refused):
            status, wrong = wrong.status, await named(self.request, wrong)
        at = dialog if status == 422 else ""
        return await self.panel(status, errors=mistakes(self.request, wrong), typed=await self.typed(), dialog=at)

    async def sending(self) -> Response:
        if not wants_fragment(self.request):
            return redirect(self.request, f"{self.address}?sent=1", self.say(SENT), "info")
        return toasted(await self.panel(sending=True), self.say(SENT), "info")

    def changed(self, answer: Response, said: str) -> Response:
        """The list and the rail read themselves anew; the process's own signal may come before or after."""
        answer.headers["HX-Trigger-After-Settle"] = "live:resync"
        return toasted(answer, said)
