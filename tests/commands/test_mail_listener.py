"""Mail comes in over SMTP, however long its lines are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from socket import socket

import aiosmtplib

from worker.mail_listener import listen


class Kept:
    """Takes everything, and has it."""

    most = 10**6

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def takes(self, address: str) -> bool:
        return True

    async def receive(self, raw: bytes, to: Sequence[str] = (), sender: str = "", *, size: int = 0) -> str:
        self.mails.append(raw)
        return "ticket"


async def test_a_line_longer_than_mail_may_have_is_taken_and_a_mail_larger_than_that_is_refused() -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    taker = Kept()
    listening = asyncio.create_task(listen("127.0.0.1", port, [taker]))
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=10)
    try:
        for _ in range(100):
            with suppress(aiosmtplib.SMTPConnectError):
                await smtp.connect()
                break
            await asyncio.sleep(0.01)
        long = b"Subject: x\r\n\r\n" + b"word " * 20_000 + b"\r\n"
        await smtp.sendmail("zhou@lan.example", ["support@example.com"], long)
        assert len(taker.mails[0]) >= 100_000
        try:
            await smtp.sendmail(
                "zhou@lan.example", ["support@example.com"], b"Subject: x\r\n\r\n" + b"word\r\n" * 300_000
            )
            refused = 250
        except aiosmtplib.SMTPResponseException as error:
            refused = error.code
        except aiosmtplib.SMTPRecipientsRefused:
            refused = 550
        assert refused == 552
        assert len(taker.mails) == 1
    finally:
        smtp.close()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
