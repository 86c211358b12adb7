"""Signed webhooks: endpoints that other systems send to, each with a secret and a mapping of its own."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from commands.desk import Desk
from commands.lead import LeadCommands
from commands.lead_intake import Taken
from commands.lead_record import OWN_FIELDS, lead_of
from db.audit import record
from db.lead_form import regions
from db.lead_hook import LeadHook, new_key
from db.person import OrgUnit
from domain.access import Action, Actor, Scope
from domain.json_path import is_path, value_at
from domain.refusal import Refused, forbidden, invalid, not_found
from keys import Seal

SECRET_BYTES = 24
SAMPLE_MOST = 20_000


@dataclass(frozen=True)
class Made:
    """`secret` is told this once."""

    key: str
    secret: str


@dataclass(frozen=True)
class Message:
    """One that was signed as it must be: `said` by field, `region` the code of the endpoint's region."""

    hook: LeadHook
    said: dict[str, str]
    region: str
    regions: list[OrgUnit]
    id: str


class Hooks:
    """Endpoints and their messages, whatever they make. A subclass says what that is, and what a mapping may fill."""

    makes: str
    fields: tuple[str, ...]
    action: Action
    """Who manages all of this in a region manages its endpoints."""

    def __init__(self, desk: Desk, key: bytes) -> None:
        self.desk = desk
        self.db = desk.db
        self._seal = Seal(key, "lead hook")

    async def add(self, actor: Actor, *, name: str, region_id: str, source: str, campaign: str | None) -> Made:
        """Raises Refused (403) for a region whose leads they do not manage."""
        self._may_manage(actor, region_id)
        if not name:
            raise invalid("field_needed", "name")
        key, secret = new_key(), _new_secret()
        async with self.db.session(actor.id) as session:
            hook = LeadHook(
                key=key, makes=self.makes, name=name, region_id=region_id, source=source or name,
                campaign=campaign, mapping={}, secret=self._seal.close(secret), sample="",
            )  # fmt: skip
            session.add(hook)
            await record(session, actor.id, "AddLeadHook", f"lead_hook/{key}", name=name)
        return Made(key, secret)

    async def renew(self, actor: Actor, key: str) -> Made:
        """Another secret; the old one no longer works."""
        secret = _new_secret()
        async with self.db.session(actor.id) as session:
            hook = await self._managed(session, actor, key)
            hook.secret = self._seal.close(secret)
            await record(session, actor.id, "RenewLeadHook", f"lead_hook/{key}")
        return Made(key, secret)

    async def change(
        self, actor: Actor, key: str, *, name: str, source: str, campaign: str | None, mapping: dict[str, str],
        sample: str, active: bool,
    ) -> None:  # fmt: skip
        """Raises Refused: 404, 403, 422 naming the mapping's field that is none, or whose path cannot be read."""
        if not name:
            raise invalid("field_needed", "name")
        checked = self._checked(mapping)
        async with self.db.session(actor.id) as session:
            hook = await self._managed(session, actor, key)
            hook.name, hook.source, hook.campaign, hook.active = name, source or name, campaign, active
            hook.mapping, hook.sample = checked, sample[:SAMPLE_MOST]
            await record(session, actor.id, "ChangeLeadHook", f"lead_hook/{key}", active=active)

    async def find(self, actor: Actor, key: str) -> LeadHook:
        async with self.db.session(actor.id) as session:
            return await self._managed(session, actor, key)

    async def _managed(self, session: Any, actor: Actor, key: str) -> LeadHook:
        hook: LeadHook | None = await session.get(LeadHook, key)
        if hook is None or hook.makes != self.makes:
            raise not_found("lead_hook")
        self._may_manage(actor, hook.region_id)
        return hook

    def _may_manage(self, actor: Actor, region_id: str) -> None:
        if actor.scope(self.action) in (None, Scope.OWN) or not actor.reaches(
            self.action, owner=None, region=region_id
        ):
            raise forbidden(self.action)

    def try_out(self, mapping: dict[str, str], sample: str) -> dict[str, str]:
        """What a payload would come to, by field. Raises Refused (422) for no JSON."""
        return self._said(self._checked(mapping), _document(sample, "sample"))

    async def opened(self, key: str, body: bytes, headers: dict[str, str]) -> Message:
        """What was sent. Raises Refused: 404 no such endpoint, 401 a signature or a time that is not right."""
        async with self.db.session(f"hook:{key}") as session:
            hook = await session.get(LeadHook, key)
            if hook is None or not hook.active or hook.makes != self.makes:
                raise not_found("lead_hook")
            known = await regions(session)
        document = self._verified(hook, body, headers)
        region = next((unit.code for unit in known if unit.id == hook.region_id), "")
        return Message(hook, self._said(hook.mapping, document), region, known, headers.get("webhook-id", ""))

    async def counted(self, key: str) -> None:
        async with self.db.session(f"hook:{key}") as session:
            count = {"received": LeadHook.received + 1, "last_at": datetime.now(UTC)}
            await session.execute(update(LeadHook).where(LeadHook.key == key).values(count))

    def _verified(self, hook: LeadHook, body: bytes, headers: dict[str, str]) -> Any:
        opened = self._seal.open(hook.secret)
        if opened is None or not 8 <= len(headers.get("webhook-id", "")) <= 200:
            raise Refused("hook_unsigned", 401)
        try:
            Webhook(opened[0]).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # a signature that is no base64 is a ValueError
            raise Refused("hook_unsigned", 401) from None
        return _document(body, "body")

    def _said(self, mapping: dict[str, str], document: Any) -> dict[str, str]:
        """`=text` is that text itself; without a mapping the record's own names are looked for."""
        paths = mapping or {field: field for field in self.fields}
        found = {f: path[1:] if path.startswith("=") else value_at(document, path) for f, path in paths.items()}
        return {field: value for field, value in found.items() if value}

    def _checked(self, mapping: dict[str, str]) -> dict[str, str]:
        for field, path in mapping.items():
            if field not in self.fields and not field.startswith("x_"):
                raise invalid("field_unknown", f"path-{field}", name=field)
            if not path.startswith("=") and not is_path(path):
                raise invalid("path_unreadable", f"path-{field}", path=path[:60])
        return mapping


class LeadHooks(Hooks):
    makes = "lead"
    fields = OWN_FIELDS
    action = Action.LEAD_WORK

    def __init__(self, leads: LeadCommands, key: bytes) -> None:
        super().__init__(leads.desk, key)
        self.leads = leads

    async def receive(self, key: str, body: bytes, headers: dict[str, str]) -> Taken:
        """A lead, once for each message id, whatever is sent again.

        Raises Refused: what `opened` raises, 422 for what says no lead.
        """
        sent = await self.opened(key, body, headers)
        lead = lead_of(
            sent.said, source="hook", regions={u.code: [u.name_zh, u.name_en] for u in sent.regions},
            region=sent.region, campaign=sent.hook.campaign, utm_source=sent.hook.source,
            currency=self.desk.settings.currency,
        )  # fmt: skip
        taken = await self.leads.take_in(self.leads.reachable(lead), Actor(id=f"hook:{key}"), sent.id)
        await self.counted(key)
        return taken


def signature(secret: str, message_id: str, body: str) -> dict[str, str]:
    """The headers of a message signed now, as a sender writes them; the library takes what is five minutes old."""
    now = datetime.fromtimestamp(int(time.time()), UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }


def _document(text: str | bytes, field: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("sample_unreadable", field) from None


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
