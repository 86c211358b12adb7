"""What a mail to the service address says, however its program wrote it: letters, quotes, attachments, who speaks."""

from __future__ import annotations

import json
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest

from commands.mail_charset import decoded, decoded_header
from commands.mail_text import written
from commands.ticket_mail_child import read_ticket_mail

SAID = ["设备无法启动，报警 E-42", "請問機器無法啟動怎麼辦", "您好！发票什么时候开？", "张伟", "Ärger mit dem Gerät"]


def read(raw: bytes, folder: Path, ours: str = "throughline@here") -> dict[str, Any]:
    path = folder / "mail"
    path.write_bytes(raw)
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    read = read_ticket_mail(str(path), str(kept), "CN", ours)
    found: dict[str, Any] = json.loads(json.dumps(read))
    return found


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("name", ["utf-8", "gbk", "gb18030", "big5"])
def test_text_is_read_by_what_it_is_whatever_it_is_called(said: str, name: str) -> None:
    try:
        raw = said.encode(name)
    except UnicodeEncodeError:
        return
    for label in (name, "gb2312", "utf-8", "big5", "us-ascii", None):
        assert decoded(raw, label) == said, label


def test_a_character_split_between_two_words_of_a_subject_is_one() -> None:
    from base64 import b64encode

    raw = "设备".encode("gbk")
    words = [f"=?gb2312?B?{b64encode(part).decode()}?=" for part in (raw[:3], raw[3:])]
    assert decoded_header(f"Re: {words[0]}\r\n {words[1]} [T-2026-000001]") == "Re: 设备 [T-2026-000001]"
    assert decoded_header(raw.decode("ascii", "surrogateescape")) == "设备"


@pytest.mark.parametrize(
    "old",
    [
        "> 您好，请问……",
        '------------------ 原始邮件 ------------------\n发件人: "服务" <s@x.example>\n您好',
        "在 2026年11月26日 10:00，服务台 <s@x.example> 写道：\n> 您好",
        "On Thu, 26 Nov 2026 at 10:00, Service Desk\n<s@x.example> wrote:\n> Hello",
        "发件人: 服务台\n发送时间: 2026年11月26日\n收件人: 周明\n主题: Re: 报警\n\n您好",
        "-----Original Message-----\nFrom: Service <s@x.example>\nHello",
        "________________________________\nFrom: Service <s@x.example>\nHello",
    ],
)
def test_the_mail_that_is_answered_is_no_part_of_the_answer(old: str) -> None:
    assert written(f"还是不行。\n\n谢谢\n\n{old}") == "还是不行。\n\n谢谢"


def test_an_answer_below_what_it_quotes_is_kept() -> None:
    assert written("On Mon, Nov 2, 2026 Service wrote:\n> Which model?\n\nThe C-200.") == "The C-200."
    assert written("> only what was said before") == "> only what was said before"


def test_a_web_mailers_answer_has_all_of_it_and_what_is_new(tmp_path: Path) -> None:
    html = '<div>还是不行</div><div class="gmail_quote"><div>On Mon wrote</div><blockquote>旧信</blockquote></div>'
    mail = MIMEText(html, "html", "gbk")
    mail["From"], mail["Subject"] = "周明 <zhou@langang.example>", "Re: 报警"
    found = read(mail.as_bytes(), tmp_path)
    assert found["text"] == "还是不行"
    assert "旧信" in found["full"]
    assert (found["subject"], found["sender"]) == ("Re: 报警", {"name": "周明", "email": "zhou@langang.example"})


def test_attachments_keep_their_names_and_bytes(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.example", "s@x.example", "照片"
    mail.set_content("见附件")
    mail.add_alternative("<p>见附件</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="故障照片.pdf")
    raw = mail.as_bytes().replace(b"\n\n--", b"\n\n--", 1)
    gbk = MIMEMultipart()
    gbk["From"], gbk["Subject"] = "a@x.example", "y"
    part = MIMEText("x", "plain", "utf-8")
    part.add_header("Content-Disposition", "attachment; filename==?gbk?B?1dXGrC50eHQ=?=")
    gbk.attach(part)
    for bytes_, name, content in [(raw, "故障照片.pdf", b"%PDF-1.7 x"), (gbk.as_bytes(), "照片.txt", b"x")]:
        [kept] = read(bytes_, tmp_path)["attachments"]
        assert kept["name"] == name
        assert (tmp_path / "kept" / kept["file"]).read_bytes() == content


@pytest.mark.parametrize(
    ("headers", "kind", "quiet"),
    [
        ({}, "person", False),
        ({"Auto-Submitted": "no"}, "person", False),
        ({"X-Auto-Response-Suppress": "All"}, "person", True),
        ({"Auto-Submitted": "auto-replied (vacation)"}, "automatic", True),
        ({"Precedence": "bulk"}, "automatic", True),
        ({"Subject": "自动回复: 报警"}, "automatic", True),
        ({"Subject": "Out of Office: hello"}, "automatic", True),
        ({"List-Id": "<news.x.example>"}, "automatic", True),
        ({"From": "noreply@x.example"}, "automatic", True),
        ({"From": "MAILER-DAEMON@x.example"}, "bounce", True),
        ({"X-Loop": "throughline@here"}, "loop", True),
    ],
)
def test_who_speaks_is_told_by_the_head(headers: dict[str, str], kind: str, quiet: bool, tmp_path: Path) -> None:
    given = {"From": "周明 <zhou@x.example>", "Subject": "报警"} | headers
    mail = EmailMessage()
    for name, value in given.items():
        mail[name] = value
    mail.set_content("x")
    found = read(mail.as_bytes(), tmp_path)
    assert (found["kind"], found["quiet"]) == (kind, quiet)


BOUNCE = b"""From: MAILER-DAEMON@mx.example
To: service@here.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b

This is the mail system.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Zhou@Langang.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

Message-ID: <0199-1@here.example>
Subject: Re: x

hello
--b--
"""


def test_a_bounce_says_who_was_not_reached_and_by_which_mail(tmp_path: Path) -> None:
    found = read(BOUNCE, tmp_path)
    assert found["kind"] == "bounce"
    assert found["bounce"] == {
        "recipient": "zhou@langang.example", "code": "5.1.1", "why": "550 5.1.1 no such user",
        "message_ids": ["<0199-1@here.example>"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00\xff\xfe" * 100, b"From: \r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n",
        b"Content-Type: text/plain; charset=\"nonsense\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nx",
        b"Content-Disposition: attachment; filename*=nonsense''%FF%zz\r\n\r\nx",
        b"Content-Type: message/delivery-status\r\n\r\nx",
        b"Date: nonsense\r\nFrom: =?utf-8?B?%%%?= <a@b.example>\r\n\r\nx",
    ],
)  # fmt: skip
def test_nothing_malformed_is_too_much(raw: bytes, tmp_path: Path) -> None:
    assert read(raw, tmp_path)["id"]


def test_what_no_database_keeps_is_left_out_however_it_was_hidden(tmp_path: Path) -> None:
    mail = MIMEMultipart()
    mail["From"], mail["Subject"] = "=?utf-8?B?WgBo?= <zhou@lan.example>", "=?utf-8?B?5omT5Y2wAOacug==?="
    mail.attach(MIMEText("门\0打不开", "plain", "utf-8"))
    file = MIMEText("x")
    file.add_header("Content-Disposition", "attachment", filename=("utf-8", "", "a\0b.txt"))
    mail.attach(file)
    found = read(mail.as_bytes(), tmp_path)
    assert "\\u0000" not in json.dumps(found)
    assert (found["subject"], found["text"], found["sender"]["name"]) == ("打印机", "门打不开", "Zh")
    assert found["attachments"][0]["name"].endswith(".txt")
