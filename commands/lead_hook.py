"""Signed webhooks: endpoints that other systems send leads to, each with a secret and a mapping of its own."""

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

from commands.lead import LeadCommands
from commands.lead_intake import Taken
from commands.lead_record import OWN_FIELDS, lead_of
from db.audit import record
from db.lead_form import regions
from db.lead_hook import LeadHook, new_key
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


class LeadHooks:
    def __init__(self, leads: LeadCommands, key: bytes) -> None:
        self.leads = leads
        self.db = leads.desk.db
        self._seal = Seal(key, "lead hook")

    async def add(self, actor: Actor, *, name: str, region_id: str, source: str, campaign: str | None) -> Made:
        """Raises Refused (403) for a region whose leads they do not manage."""
        _may_manage(actor, region_id)
        if not name:
            raise invalid("field_needed", "name")
        key, secret = new_key(), _new_secret()
        async with self.db.session(actor.id) as session:
            hook = LeadHook(
                key=key, name=name, region_id=region_id, source=source or name, campaign=campaign, mapping={},
                secret=self._seal.close(secret), sample="",
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
        checked = _checked(mapping)
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
        if hook is None:
            raise not_found("lead_hook")
        _may_manage(actor, hook.region_id)
        return hook

    def try_out(self, mapping: dict[str, str], sample: str) -> dict[str, str]:
        """What a payload would come to, by field. Raises Refused (422) for no JSON."""
        return _said(_checked(mapping), _document(sample, "sample"))

    async def receive(self, key: str, body: bytes, headers: dict[str, str]) -> Taken:
        """A lead, once for each message id, whatever is sent again.

        Raises Refused: 404 no such endpoint, 401 a signature or a time that is not right, 422 for what says no lead.
        """
        async with self.db.session(f"hook:{key}") as session:
            hook = await session.get(LeadHook, key)
            if hook is None or not hook.active:
                raise not_found("lead_hook")
            known = await regions(session)
        document = self._verified(hook, body, headers)
        lead = lead_of(
            _said(hook.mapping, document), source="hook", regions={u.code: [u.name_zh, u.name_en] for u in known},
            region=next((u.code for u in known if u.id == hook.region_id), ""), campaign=hook.campaign,
            utm_source=hook.source, currency=self.leads.desk.settings.currency,
        )  # fmt: skip
        message = headers.get("webhook-id", "")
        taken = await self.leads.take_in(self.leads.reachable(lead), Actor(id=f"hook:{key}"), message)
        async with self.db.session(f"hook:{key}") as session:
            counted = {"received": LeadHook.received + 1, "last_at": datetime.now(UTC)}
            await session.execute(update(LeadHook).where(LeadHook.key == key).values(counted))
        return taken

    def _verified(self, hook: LeadHook, body: bytes, headers: dict[str, str]) -> Any:
        opened = self._seal.open(hook.secret)
        if opened is None or not 8 <= len(headers.get("webhook-id", "")) <= 200:
            raise Refused("hook_unsigned", 401)
        try:
            Webhook(opened[0]).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # a signature that is no base64 is a ValueError
            raise Refused("hook_unsigned", 401) from None
        return _document(body, "body")


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


def _said(mapping: dict[str, str], document: Any) -> dict[str, str]:
    """`=text` is that text itself; without a mapping the lead's own names are looked for."""
    paths = mapping or {field: field for field in OWN_FIELDS}
    found = {f: path[1:] if path.startswith("=") else value_at(document, path) for f, path in paths.items()}
    return {field: value for field, value in found.items() if value}


def _checked(mapping: dict[str, str]) -> dict[str, str]:
    for field, path in mapping.items():
        if field not in OWN_FIELDS and not field.startswith("x_"):
            raise invalid("field_unknown", f"path-{field}", name=field)
        if not path.startswith("=") and not is_path(path):
            raise invalid("path_unreadable", f"path-{field}", path=path[:60])
    return mapping


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _may_manage(actor: Actor, region_id: str) -> None:
    if actor.scope(Action.LEAD_WORK) in (None, Scope.OWN) or not actor.reaches(
        Action.LEAD_WORK, owner=None, region=region_id
    ):
        raise forbidden(Action.LEAD_WORK)
