"""Live updates: PostgreSQL's notifications, passed on to each browser that may know of them (static/js/live.js).

One listener per process fills a bounded queue per stream. Whoever cannot keep up, or was cut off from the database,
is told to read everything anew (`resync`). Only ids and versions go out, never content.
"""

from __future__ import annotations

import asyncio
import json
from asyncio import Queue, QueueEmpty, Task
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, Request
from psycopg import AsyncConnection, OperationalError
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.auth import identify
from db.engine import plain_url
from db.live import CHANNEL
from db.scope import KINDS
from domain.access import Actor, Role
from domain.refusal import Refused
from ui.viewer import Viewer, viewer_of

log = structlog.get_logger()

QUEUE = 64
PING = 20
"""Seconds between signs of life on a silent stream, and between looks whether its session still holds."""
RECONNECT_AFTER = 1.0
REPLAY = 5.0
"""Seconds: a new stream also hears of what changed while its page was on the way."""

ABSENCE = "absence"
"""The topic after which somebody hears of other people's tasks, or no longer."""

Change = dict[str, Any]
"""`t` topic, `id` record, `v` version; `r` region, `o` owner, `h` keys of task holders say who may hear of it."""

MaySee = Callable[[Viewer, Change], bool]
RESYNC = ServerSentEvent(event="resync", data="{}")


def may_see(viewer: Viewer, change: Change) -> bool:
    """A task's holders, and who may read such a record of this region and owner."""
    holders = change.get("h") or []
    if "*" in holders or not viewer.holder_keys.isdisjoint(holders):
        return True
    kind = KINDS.get(change["t"])
    if kind is None:  # somebody's alone, such as a notification, or no record of anybody's, such as a policy
        return not holders
    actor = Actor(id=viewer.id, roles=frozenset(map(Role, viewer.roles)), regions=frozenset(viewer.regions))
    return actor.reaches(kind.read, owner=change.get("o"), region=change.get("r"))


@dataclass(eq=False)
class Stream:
    """One browser that listens. None in its queue ends it."""

    viewer: Viewer
    outdated: bool = False
    """Whose tasks the viewer has may have changed: it is found out before the next event is passed on."""
    queue: Queue[ServerSentEvent | None] = field(default_factory=lambda: Queue(QUEUE))

    def offer(self, event: ServerSentEvent | None) -> None:
        if self.queue.full():
            with suppress(QueueEmpty):
                while True:
                    self.queue.get_nowait()
            if event is not None:
                event = RESYNC
        self.queue.put_nowait(event)


class LiveHub:
    """Start it with the application's database and stop it before that; `router` has the stream at /ui/live.

    `identify` finds out anew who asks, and leaves `request.state.viewer` None when the session has ended.
    """

    def __init__(
        self,
        *,
        may_see: MaySee = may_see,
        identify: Callable[[Request], Awaitable[None]] = identify,
        ping: float = PING,
    ) -> None:
        self.may_see = may_see
        self.identify = identify
        self.ping = ping
        self.streams: set[Stream] = set()
        self.recent: deque[tuple[float, Change, ServerSentEvent]] = deque(maxlen=QUEUE + 1)
        self.listening = asyncio.Event()
        self._listener: Task[None] | None = None
        self.router = APIRouter(include_in_schema=False)
        self.router.get("/ui/live")(self.listen)

    def start(self, database_url: str) -> None:
        self._listener = asyncio.create_task(self._keep_listening(plain_url(database_url)), name="live updates")

    async def stop(self) -> None:
        """Ends every stream, so that the server need not wait for them."""
        for stream in self.streams:
            stream.offer(None)
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    async def listen(self, request: Request) -> EventSourceResponse:
        viewer = viewer_of(request)
        if viewer is None:
            raise Refused("signed_out", 401)
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        return EventSourceResponse(self._events(request, Stream(viewer)), headers=headers, ping=self.ping)

    async def _events(self, request: Request, stream: Stream) -> AsyncIterator[ServerSentEvent]:
        clock = asyncio.get_running_loop().time
        self.streams.add(stream)
        for at, change, recent in self.recent:
            if at > clock() - REPLAY:
                self._pass(change, recent, stream)
        look_at = clock() + self.ping
        try:
            while True:
                try:
                    async with asyncio.timeout_at(look_at):
                        event = await stream.queue.get()
                except TimeoutError:
                    if not await self._still_signed_in(request, stream):
                        return
                    look_at = clock() + self.ping
                    continue
                if event is None:
                    return
                if stream.outdated and not await self._still_signed_in(request, stream):
                    return
                yield event
        finally:
            self.streams.discard(stream)

    async def _still_signed_in(self, request: Request, stream: Stream) -> bool:
        await self.identify(request)
        viewer = viewer_of(request)
        if viewer is None:
            return False
        stream.viewer, stream.outdated = viewer, False
        return True

    async def _keep_listening(self, database_url: str) -> None:
        while True:
            try:
                await self._listen_until_cut_off(database_url)
            except OperationalError as error:
                log.warning("live updates cut off from the database", error=str(error))
            self.listening.clear()
            await asyncio.sleep(RECONNECT_AFTER)

    async def _listen_until_cut_off(self, database_url: str) -> None:
        connection = await AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=5, keepalives_idle=30, application_name="live updates"
        )
        async with connection:
            await connection.execute(f"listen {CHANNEL}")
            # What happened while nobody listened is unknown: everyone reads anew.
            for stream in self.streams:
                stream.offer(RESYNC)
            self.listening.set()
            async for notification in connection.notifies():
                self.publish(notification.payload)

    def publish(self, payload: str) -> None:
        """Pass one notification on; what is none of ours is left alone."""
        try:
            change: Change = json.loads(payload)
            shown = {name: change[name] for name in ("t", "id", "v", "l") if change.get(name) is not None}
        except (ValueError, TypeError, AttributeError):
            log.warning("a notification that is no change", payload=payload[:200])
            return
        event = ServerSentEvent(event="change", data=json.dumps(shown, separators=(",", ":")))
        self.recent.append((asyncio.get_running_loop().time(), change, event))
        for stream in self.streams:
            self._pass(change, event, stream)

    def _pass(self, change: Change, event: ServerSentEvent, stream: Stream) -> None:
        if self.may_see(stream.viewer, change):
            stream.outdated = stream.outdated or change["t"] == ABSENCE
            stream.offer(event)
