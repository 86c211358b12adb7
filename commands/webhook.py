"""Outgoing webhooks: registered, paused, removed by administrators; their messages sent again."""

from __future__ import annotations

import base64
import re
import secrets
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from db.audit import record
from db.base import new_id
from db.engine import Database
from db.webhook import WebhookDelivery, WebhookTarget, queue_delivery, try_now
from domain.access import Action, Actor
from domain.refusal import Refused, invalid, not_found
from keys import Seal, master_key
from settings import Settings

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


def _seal(settings: Settings) -> Seal:
    return Seal(master_key(settings), "webhook secret")


def open_secret(settings: Settings, sealed: str) -> str:
    """The secret a target's messages are signed with."""
    parts = _seal(settings).open(sealed)
    if parts is None:
        raise ValueError("the secret was sealed with another key")
    return parts[0]


class Webhooks:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings

    async def register(self, actor: Actor, *, key: str, name: str, url: str) -> tuple[str, str]:
        """The new target's id and its secret, which is shown this once. Raises Refused (403, 422)."""
        actor.require(Action.POLICY_MANAGE)
        if not KEY.fullmatch(key):
            raise invalid("key_unusable", "key")
        if not name.strip():
            raise invalid("field_needed", "name")
        secret = _new_secret()
        target = WebhookTarget(
            id=new_id(), key=key, name=name.strip(), url=_usable(url), active=True, created_by=actor.id,
            secret=_seal(self.settings).close(secret),
        )  # fmt: skip
        try:
            async with self.db.session(actor.id) as session:
                session.add(target)
                await record(session, actor.id, "RegisterWebhook", f"webhook/{key}")
        except IntegrityError:
            raise invalid("webhook_doubled", "key") from None
        return target.id, secret

    async def change(self, actor: Actor, target_id: str, *, name: str, url: str) -> None:
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            target = await session.get(WebhookTarget, target_id)
            if target is None:
                raise not_found("webhook")
            target.name, target.url = name.strip() or target.name, _usable(url)
            await record(session, actor.id, "ChangeWebhook", f"webhook/{target.key}")

    async def renew_secret(self, actor: Actor, target_id: str) -> str:
        """The new secret; the old one signs nothing from now on."""
        actor.require(Action.POLICY_MANAGE)
        secret = _new_secret()
        async with self.db.session(actor.id) as session:
            target = await session.get(WebhookTarget, target_id)
            if target is None:
                raise not_found("webhook")
            target.secret = _seal(self.settings).close(secret)
            await record(session, actor.id, "RenewWebhookSecret", f"webhook/{target.key}")
        return secret

    async def pause(self, actor: Actor, target_id: str, *, active: bool) -> None:
        """While a target is paused its messages wait."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            target = await session.get(WebhookTarget, target_id)
            if target is None:
                raise not_found("webhook")
            target.active = active
            await record(session, actor.id, "ResumeWebhook" if active else "PauseWebhook", f"webhook/{target.key}")
            if active:
                waiting = select(WebhookDelivery.key).where(
                    WebhookDelivery.target_id == target_id, WebhookDelivery.sent_at.is_(None)
                )
                for key in await session.scalars(waiting.limit(500)):
                    await try_now(session, key)

    async def remove(self, actor: Actor, target_id: str) -> None:
        """With its messages, also those still to be sent."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            gone = delete(WebhookTarget).where(WebhookTarget.id == target_id).returning(WebhookTarget.key)
            key = await session.scalar(gone)
            if key is None:
                raise not_found("webhook")
            await record(session, actor.id, "RemoveWebhook", f"webhook/{key}")

    async def try_out(self, actor: Actor, target_id: str) -> None:
        """A message of kind `ping`, to see whether the other side takes it."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            if await session.get(WebhookTarget, target_id) is None:
                raise not_found("webhook")
            body = {"type": "ping", "data": {"company": self.settings.company}}
            await queue_delivery(session, f"ping/{new_id()}", target_id, "ping", body)

    async def send_again(self, actor: Actor, delivery_id: str) -> str:
        """A waiting message at once; the target's id. Raises Refused (404; 409 for one that was sent)."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            delivery = await session.get(WebhookDelivery, delivery_id)
            if delivery is None:
                raise not_found("webhook")
            if delivery.sent_at is not None:
                raise Refused("webhook_sent", 409)
            await try_now(session, delivery.key)
        return delivery.target_id


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


def _usable(url: str) -> str:
    """Raises Refused for what is no http address; whether it may be reached shows when it is."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        usable = usable and parts.port != 0 and url.strip().isascii() and len(url) <= 500
    except ValueError:
        usable = False
    if not usable:
        raise invalid("url_unusable", "url")
    return url.strip()
