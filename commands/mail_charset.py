"""Letters out of a mail's bytes: headers and bodies in UTF-8, GBK, GB18030 or Big5, also where the label is wrong."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import cache
from quopri import decodestring

CALLED = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030",
    "euc-cn": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs", "big5-hkscs": "big5hkscs", "x-big5": "big5hkscs",
    "utf8": "utf-8",
}  # fmt: skip
"""Programs say the narrower name and mean the wider set."""
TRIED = ("utf-8", "gb18030", "big5hkscs")
NO_WORD = ("", "us-ascii", "ascii", "unknown-8bit", "8bit", "x-unknown", "default", "binary")
WESTERN = ("iso-8859-1", "latin-1", "iso-8859-15", "windows-1252", "cp1252")
"""Programs write these without looking, and any bytes are text in them."""
LABELLED, LIKELY = 0.4, 0.7
"""What a label adds to how a reading looks; and that bytes are UTF-8 at all, which others seldom are by chance."""
ENCODED_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现"
    "当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并"
    "物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几"
    "請問您謝謝們個這來為國說時會對過發後裡樣學現當動進開從實無與長機業將兩間應體話員論處義設備維修報價發票客戶服務無法啟動故障"
    "请谢您好设备维修报价发票客户服务启动停报警联系电话邮件尽快处理安装型号序列收到附件合同"
)


def decoded(raw: bytes, label: str | None) -> str:
    """The text, by its label where that fits, else by what fits best. Never fails: what fits nowhere is U+FFFD."""
    named = CALLED.get(called := (label or "").strip().strip("\"'").lower(), called)
    if named not in (*NO_WORD, *WESTERN, *TRIED) and (told := _read(raw, named)) is not None:
        return told
    if raw.isascii():
        return raw.decode("ascii")
    found = {name: text for name in (*TRIED, "cp1252", named) if (text := _read(raw, name)) is not None}
    if not found:
        return raw.decode(named if named in TRIED else "utf-8", "replace")

    def fits(name: str) -> float:
        return everyday(found[name]) + LABELLED * (name == named and name in TRIED) + LIKELY * (name == "utf-8")

    return found[max(found, key=fits)]


def _read(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (LookupError, ValueError):  # no such set, or not its bytes
        return None


def everyday(text: str) -> float:
    """How much of what is not ASCII is what people write: 0 to 2, the commonest characters counting double."""
    strange = [letter for letter in text if letter > "\x7f"]
    if not strange:
        return 1.0
    return sum(_weight(letter) for letter in strange) / len(strange)


@cache
def _weight(letter: str) -> float:
    if letter in EVERYDAY:
        return 2.0
    if "\u3000" <= letter <= "\u303f" or "\uff00" <= letter <= "\uff5e" or letter in "“”‘’—…·–°":
        return 1.0
    if not letter.isprintable() or "\ue000" <= letter <= "\uf8ff":
        return -1.0
    if "\u4e00" <= letter <= "\u9fff":
        return 1.0 if _first_level(letter, "gb2312", 0xB0, 0xD7) or _first_level(letter, "big5", 0xA4, 0xC6) else 0.1
    return 0.8 if letter < "\u0600" and letter.isalpha() else 0.3


def _first_level(letter: str, name: str, first: int, last: int) -> bool:
    """Whether a set counts the character among those in frequent use."""
    try:
        return first <= letter.encode(name)[0] <= last
    except UnicodeEncodeError:
        return False


def decoded_header(value: str) -> str:
    """A header on one line, its encoded words and raw bytes read. `value` is as `Message.raw_items` gives it."""
    unfolded = re.sub(r"\r?\n[ \t]*", " ", value)
    shown: list[str] = []
    pending: tuple[str, bytes] | None = None  # words of one set side by side may split a character between them
    at = 0
    for word in ENCODED_WORD.finditer(unfolded):
        between = unfolded[at : word.start()]
        at = word.end()
        name, raw = word[1].lower(), _word_bytes(word[2], word[3])
        if pending and pending[0] == name and not between.strip():
            pending = (name, pending[1] + raw)
            continue
        if pending:
            shown.append(decoded(pending[1], pending[0]))
        if between.strip():
            shown.append(_plain(between))
        pending = (name, raw)
    if pending:
        shown.append(decoded(pending[1], pending[0]))
    shown.append(_plain(unfolded[at:]))
    return " ".join("".join(shown).split())


def _word_bytes(how: str, text: str) -> bytes:
    octets = text.encode("ascii", "surrogateescape")
    if how in "qQ":
        return decodestring(octets, header=True)
    try:
        return b64decode(octets + b"=" * (-len(octets) % 4))
    except (binascii.Error, ValueError):
        return octets


def _plain(text: str) -> str:
    """Bytes above 127 stand in a header as they came."""
    return decoded(text.encode("utf-8", "surrogateescape"), None)
