"""Sends webhooks: signed as standardwebhooks says, to public addresses only unless a setting lets others be reached."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import httpcore
from httpcore._backends.base import SOCKET_OPTION
from standardwebhooks.webhooks import Webhook

from commands.webhook import open_secret
from db.engine import Database
from db.webhook import WebhookDelivery, WebhookTarget, noted
from settings import Settings

PATIENCE = 10.0
"""Seconds for each part of a request."""


class NotSent(Exception):
    """The message did not get through; the text says why."""


class PublicNetwork(httpcore.AnyIOBackend):
    """Connects to what a name stands for now, once it is known to be a public address: asked once, so not twice."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NotSent(f"{host} is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(ip_address(address.partition("%")[0]).is_global for address in addresses):
            raise NotSent(f"{host} is not a public address")
        return await super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


class WebhookSender:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings

    async def send(self, key: str, payload: dict[str, Any]) -> None:
        """One try. Raises NotSent, and notes it on the message, so that people see it; a repeat has the same id."""
        async with self.db.session("relay") as session:
            delivery = await session.get(WebhookDelivery, payload["delivery"])
            target = await session.get(WebhookTarget, delivery.target_id) if delivery else None
        if delivery is None or target is None:
            return  # the target was removed, and its messages with it
        answer, error = await self._post(delivery, target)
        async with self.db.session("relay") as session:
            await noted(session, delivery.id, answer=answer, error=error)
        if error is not None:
            raise NotSent(error)

    async def _post(self, delivery: WebhookDelivery, target: WebhookTarget) -> tuple[int | None, str | None]:
        """The answer's status, and what went wrong."""
        if not target.active:
            return None, "paused"
        body, now = json.dumps(delivery.body, ensure_ascii=False), datetime.now(UTC)
        secret = open_secret(self.settings, target.secret)
        headers: dict[bytes | str, bytes | str] = {
            "content-type": "application/json",
            "user-agent": "Throughline",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(delivery.id, now, body),
        }
        network = httpcore.AnyIOBackend() if self.settings.webhook_private else PublicNetwork()
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)
        try:
            async with httpcore.AsyncConnectionPool(network_backend=network) as pool:
                answered = await pool.request(
                    "POST", target.url, headers=headers, content=body.encode(), extensions={"timeout": timeout}
                )
        except NotSent as error:
            return None, str(error)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}".rstrip(": ")
        return answered.status, None if 200 <= answered.status < 300 else f"answered {answered.status}"
