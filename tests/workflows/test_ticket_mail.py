"""Real mail over SMTP becomes tickets: in every Chinese encoding, with attachments, threaded, none lost or looped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from hashlib import sha256
from socket import socket
from typing import Any
from uuid import uuid4

import aiosmtplib
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from commands.document import DocumentStore
from commands.ticket import TicketCommands
from commands.ticket_link import TicketLinks
from commands.ticket_mail import TicketMail
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.engine import Database
from db.letter import Letter
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import TicketInbound, TicketLink
from keys import master_key
from settings import Settings
from tests.workflows.office import Office, open_office
from worker.mail_listener import listen

SERVICE = "service@langang.example"


class Desk:
    """The office, and the port that its mail server passes on to."""

    def __init__(self, office: Office, port: int, links: TicketLinks, mail: TicketMail) -> None:
        self.office, self.port, self.links, self.mail = office, port, links, mail
        self.tickets = TicketCommands(office.desk)

    async def post(self, message: Any, *, sender: str = "", to: str = SERVICE) -> None:
        raw = message if isinstance(message, bytes) else message.as_bytes()
        await aiosmtplib.send(
            raw, sender=sender or "bounce@x.example", recipients=[to], hostname="127.0.0.1", port=self.port,
            start_tls=False,
        )  # fmt: skip
        await self.office.relay.carry_waiting()

    async def inbound(self, message_id: str) -> TicketInbound:
        async with self.office.db.session() as session:
            found = await session.scalar(select(TicketInbound).where(TicketInbound.key.contains(message_id)))
        assert found is not None, message_id
        return found

    async def ticket(self, message_id: str) -> Ticket:
        ticket_id = (await self.inbound(message_id)).ticket_id
        async with self.office.db.session() as session:
            return await session.get_one(Ticket, ticket_id)

    async def said(self, ticket_id: str) -> list[TicketMessage]:
        rows: list[TicketMessage] = await self.office.rows(TicketMessage, ticket_id=ticket_id)
        return sorted(rows, key=lambda row: row.at)

    def sent(self, to: str) -> list[EmailMessage]:
        """What lies in our own mail folder for an address, oldest first."""
        files = sorted((self.office.settings.home / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [mail for mail in mails if to in str(mail["To"])]


@pytest.fixture
async def desk(db: Database, people: dict[str, str], settings: Settings) -> AsyncIterator[Desk]:
    ours = settings.model_copy(update={"service_address": SERVICE, "service_mail_mb": 25})
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with open_office(db, people, ours) as office:
        links = TicketLinks(master_key(ours), ours)
        mail = TicketMail(TicketCommands(office.desk), DocumentStore(ours.home / "documents"), links)
        listening = asyncio.create_task(listen("127.0.0.1", port, [mail]))
        await _answers(port)
        yield Desk(office, port, links, mail)
        listening.cancel()


async def _answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


def letter(
    text: str = "请帮忙看看", *, subject: str = "报警", sender: str = "", charset: str = "utf-8", **headers: str
) -> MIMEText:  # fmt: skip
    mail = MIMEText(text, "plain", charset)
    mail["From"] = sender or f"{uuid4().hex[:8]}@langang.example"
    mail["To"], mail["Subject"] = SERVICE, Header(subject, charset).encode()
    mail["Message-ID"] = headers.pop("message_id", f"<{uuid4().hex}@langang.example>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


@pytest.mark.parametrize(("charset", "label"), [("gbk", "gb2312"), ("utf-8", "utf-8"), ("gb18030", "utf-8")])
async def test_a_chinese_mail_with_an_attachment_is_a_ticket_of_its_customer(
    desk: Desk, charset: str, label: str
) -> None:
    address = f"zhou.{charset}@langang.example"
    customer_id = await customer(desk.office, address)
    mail = MIMEMultipart()
    mail["From"] = formataddr((Header("周明", charset).encode(), address))
    mail["To"], mail["Message-ID"] = SERVICE, f"<cn-{charset}@langang.example>"
    mail["Subject"] = Header("冷库报警 E-42，设备无法启动", charset).encode()
    mail.attach(MIMEText("设备今天早上无法启动，请尽快处理。", "plain", charset))
    file = MIMEApplication(b"%PDF-1.7 photo " + charset.encode())
    file.add_header("Content-Disposition", "attachment", filename=(charset, "", "故障照片.pdf"))
    mail.attach(file)
    raw = mail.as_bytes().replace(f'charset="{charset}"'.encode(), f'charset="{label}"'.encode())
    for _ in range(2):  # a server that did not hear our 250 sends it again
        await desk.post(raw)

    ticket = await desk.ticket(f"cn-{charset}@")
    assert (ticket.subject, ticket.channel, ticket.customer_id) == ("冷库报警 E-42，设备无法启动", "mail", customer_id)
    assert (ticket.from_name, ticket.from_email) == ("周明", address)
    [message] = await desk.said(ticket.id)
    assert message.body == "设备今天早上无法启动，请尽快处理。"
    [kept] = message.attachments
    content = b"%PDF-1.7 photo " + charset.encode()
    assert (kept["name"], kept["hash"], kept["size"]) == ("故障照片.pdf", sha256(content).hexdigest(), len(content))
    assert desk.mail.store.path(kept["hash"]).read_bytes() == content


async def customer(office: Office, email: str) -> str:
    customer_id = new_id()
    async with office.db.session() as session:
        session.add(Customer(id=customer_id, name=f"蓝港{customer_id[-4:]}"))
        await session.flush()
        session.add(Contact(customer_id=customer_id, name="周明", email=email))
        session.add(Assignment(customer_id=customer_id, region_id=office.people["east"], owner_id=None))
    return customer_id


async def _routed(desk: Desk, ticket_id: str) -> Ticket | None:
    found = await desk.office.row(Ticket, id=ticket_id)
    return found if found and found.stage != "new" else None


async def test_an_answer_threads_and_a_stranger_who_knows_the_number_does_not_get_in(desk: Desk) -> None:
    await desk.post(letter(sender="sun@rongda.example", message_id="<first@rongda.example>", subject="网关离线"))
    ticket = await desk.ticket("first@rongda")
    await desk.office.until(lambda: _routed(desk, ticket.id), "the ticket routed")
    [told] = desk.sent("sun@rongda.example")
    assert ticket.number in str(told["Subject"])
    assert (told["Auto-Submitted"], told["In-Reply-To"]) == ("auto-replied", "<first@rongda.example>")
    assert f"/t/{desk.links.token(ticket.id)}" in told.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    gao = await desk.office.actor("gao.fei")
    await desk.tickets.reply(gao, uuid4().hex, ticket.id, text="请重启网关。")
    await desk.office.relay.carry_waiting()
    answer = desk.sent("sun@rongda.example")[-1]
    assert answer["Reply-To"] == desk.links.reply_to(ticket.number)
    [ours] = [one for one in await desk.said(ticket.id) if one.direction == "out"]
    assert (ours.status, ours.mail_id, answer["Message-ID"]) == ("sent", f"<{ours.id}@throughline>", ours.mail_id)

    # By our Message-ID, by the address only they were told, and by the number, each from who is part of it.
    await desk.post(letter("还是不行", sender="sun@rongda.example", message_id="<r1@r>", References=ours.mail_id or ""))
    await desk.post(letter("见附件", sender="colleague@rongda.example", message_id="<r2@r>"), to=answer["Reply-To"])
    by_number = f"回复: 网关离线 [{ticket.number}]"
    await desk.post(letter("另外…", sender="sun@rongda.example", message_id="<r3@r>", subject=by_number))
    for message_id in ("r1@r", "r2@r", "r3@r"):
        assert (await desk.ticket(message_id)).id == ticket.id, message_id
    assert (await desk.inbound("r2@r")).notes == ["another_sender"]

    await desk.post(letter("给我看看", sender="eve@evil.example", message_id="<e1@e>", subject=by_number))
    own_id = "<first@rongda.example>"  # what was in the customer's mail, others may have seen
    await desk.post(letter("给我看看", sender="eve@evil.example", message_id="<e2@e>", References=own_id))
    guessed = desk.links.reply_to(ticket.number).replace("-", "-a")[:40].partition("@")[0] + "@langang.example"
    await desk.post(letter("给我看看", sender="eve@evil.example", message_id="<e3@e>"), to=guessed)
    for message_id in ("e1@e", "e2@e", "e3@e"):
        assert (await desk.ticket(message_id)).id != ticket.id, message_id
    assert (await desk.inbound("e1@e")).notes == ["number_of_another"]
    assert not any(ticket.number in str(mail["Subject"]) for mail in desk.sent("eve@evil.example"))


async def test_only_the_words_that_are_new_are_said_and_all_of_them_are_kept(desk: Desk) -> None:
    old = "还是报警。\n\n在 2026年11月26日，服务台 <service@langang.example> 写道：\n> 请重启。"
    await desk.post(letter(old, message_id="<quote@q>"))
    ticket, kept = await desk.ticket("quote@q"), await desk.inbound("quote@q")
    assert [one.body for one in await desk.said(ticket.id)] == ["还是报警。"]
    assert kept.full is not None
    assert "> 请重启。" in kept.full


async def test_machines_that_answer_each_other_come_to_an_end(desk: Desk) -> None:
    sender = "robot@loop.example"
    for no in range(6):  # a machine that does not say that it is one
        await desk.post(letter(f"第{no}封", sender=sender, message_id=f"<loop-{no}@l>", subject=f"Re: {no}"))
    assert len(desk.sent(sender)) == desk.office.settings.service_answers == 3
    for no, said in enumerate(
        ({"Auto_Submitted": "auto-replied"}, {"subject": "自动回复：报警"}, {"Precedence": "bulk"})
    ):
        await desk.post(letter(sender=f"auto{no}@l.example", message_id=f"<auto-{no}@l>", **said))
        kept = await desk.inbound(f"auto-{no}@l")
        assert (kept.kind, kept.ticket_id, desk.sent(f"auto{no}@l.example")) == ("automatic", None, [])
        assert kept.raw is not None  # it is no ticket, and is not lost either
    own = letter(sender="x@l.example", message_id="<own@l>", X_Loop=desk.links.mark)
    await desk.post(own)
    assert (await desk.inbound("own@l")).kind == "loop"
    suppressed = letter(sender="shy@l.example", message_id="<shy@l>", X_Auto_Response_Suppress="All")
    await desk.post(suppressed)
    assert (await desk.inbound("shy@l")).ticket_id is not None
    assert desk.sent("shy@l.example") == []


async def test_more_mails_of_one_sender_than_a_person_writes_are_kept_and_open_no_more_tickets(desk: Desk) -> None:
    desk.office.settings.service_rate = 2
    try:
        for no in range(4):
            await desk.post(letter(sender="flood@f.example", message_id=f"<flood-{no}@f>"))
    finally:
        desk.office.settings.service_rate = 60
    kinds = [(await desk.inbound(f"flood-{no}@f")) for no in range(4)]
    assert [(one.kind, one.why) for one in kinds] == [("person", None)] * 2 + [("loop", "rate")] * 2


async def test_a_bounce_is_noted_on_the_ticket_whose_answer_did_not_arrive(desk: Desk) -> None:
    await desk.post(letter(sender="gone@rongda.example", message_id="<gone@rongda.example>"))
    ticket = await desk.ticket("gone@rongda")
    await desk.office.until(lambda: _routed(desk, ticket.id), "the ticket routed")
    await desk.tickets.reply(await desk.office.actor("gao.fei"), uuid4().hex, ticket.id, text="您好")
    await desk.office.relay.carry_waiting()
    [ours] = [one for one in await desk.said(ticket.id) if one.direction == "out"]
    report = (
        "From: MAILER-DAEMON@mx.example\r\nTo: service@langang.example\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <dsn@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nsorry\r\n--b\r\n'
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; gone@rongda.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {ours.mail_id}\r\nSubject: Re: x\r\n\r\n--b--\r\n"
    )
    for _ in range(2):
        await desk.post(report.encode(), sender="")
    said = await desk.said(ticket.id)
    assert [(one.author, one.direction, one.status) for one in said] == [
        ("customer", "in", "received"), ("agent", "out", "failed"), ("system", "note", "received"),
    ]  # fmt: skip
    assert "gone@rongda.example" in said[-1].body
    assert (await desk.inbound("dsn@mx")).detail["code"] == "5.1.1"
    assert (await desk.inbound("dsn@mx")).ticket_id == ticket.id


async def test_what_is_too_large_is_refused_with_a_code_and_what_is_broken_is_kept(desk: Desk) -> None:
    large = MIMEMultipart()
    large["From"], large["To"], large["Message-ID"] = "big@b.example", SERVICE, "<big@b>"
    large.attach(MIMEApplication(bytes(30 * 1024 * 1024)))
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await desk.post(large, sender="big@b.example")
    assert refused.value.code == 552
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await desk.post(letter(), to="nobody@langang.example")

    head_only = b"From: odd@b.example\r\nMessage-ID: <odd@b>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    broken = head_only + b"\xff\xfe no parts"
    await desk.post(broken, sender="odd@b.example")
    kept = await desk.inbound("odd@b")
    assert "malformed" in kept.notes
    assert kept.raw is not None
    assert desk.mail.store.path(kept.raw).read_bytes().startswith(b"From: odd@b.example")
    assert kept.ticket_id is not None

    # Out of a mailbox nothing can be refused: its head makes a ticket that says what is missing.
    head = letter(sender="imap@b.example", message_id="<imap@b>", subject="大附件").as_bytes()
    assert await desk.mail.receive(head, size=40 * 1024 * 1024) == "too_large"
    assert "40 MB" in (await desk.said((await desk.ticket("imap@b")).id))[0].body


async def test_a_mail_that_takes_the_reader_down_is_kept_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from commands import ticket_mail
    from commands.sandbox import Limits

    monkeypatch.setattr(ticket_mail, "LIMITS", Limits(wall=0.001))
    await desk.post(letter(sender="slow@b.example"), sender="slow@b.example")
    kept = await desk.inbound("/slow@b.example")
    assert kept.notes == ["unreadable", "sandbox_time"]
    [message] = await desk.said(kept.ticket_id or "")
    assert [one["type"] for one in message.attachments] == ["message/rfc822"]
    assert b"slow@b.example" in desk.mail.store.path(message.attachments[0]["hash"]).read_bytes()


async def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("connection refused"))

    mail = letter(sender="later@l.example", message_id="<later@l>")
    with monkeypatch.context() as stopped:
        stopped.setattr(desk.mail.intake, "receive", away)
        with pytest.raises(aiosmtplib.SMTPResponseException) as later:
            await desk.post(mail)
    assert later.value.code == 451
    await desk.post(mail)
    assert (await desk.ticket("later@l")).from_email == "later@l.example"


async def test_links_in_mails_are_kept_by_their_hash_only(desk: Desk) -> None:
    await desk.post(letter(sender="link@l.example", message_id="<link@l>"))
    ticket = await desk.ticket("link@l")
    token = desk.links.token(ticket.id)
    async with desk.office.db.session() as session:
        link = await session.get_one(TicketLink, ticket.id)
        written = await session.scalar(select(Letter).where(Letter.line_id == ticket.id))
    assert link.token_hash == sha256(token.encode()).hexdigest()
    assert written is not None
    assert written.status == "sent"
    assert token not in f"{written.body}{written.params}"
