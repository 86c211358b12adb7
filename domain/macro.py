"""Macros of the service desk: an answer with gaps that fill themselves, and what is done with the ticket beside it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from domain.document import Key, Label, PolicyDocument, Strict, fault, refuse_faults
from domain.ticket import Priority, Then, TicketKind

VARIABLES = ("contact", "customer", "number", "subject", "agent", "company")
"""What an answer may name. What a ticket does not have is left out."""

_GAP = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")

Words = Annotated[str, StringConstraints(max_length=8_000)]

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "macros": {
        "ask_serial": {
            "name": {"zh": "询问序列号和照片", "en": "Ask for serial number and photos"},
            "zh": "{{ contact }}，您好：\n\n"
            "为便于尽快判断，请您提供设备的序列号（铭牌右下角）以及现场照片。收到后我们马上处理。",
            "en": "Hello {{ contact }},\n\n"
            "so that we can look into it at once, please send us the serial number of the "
            "device (lower right of its plate) and a photo of it.",
            "then": "wait_customer",
        },
        "send_engineer": {
            "name": {"zh": "安排工程师上门", "en": "Send an engineer"},
            "zh": "{{ contact }}，您好：\n\n"
            "我们已为工单 {{ number }} 安排工程师上门，工程师会提前与您电话确认时间。",
            "en": "Hello {{ contact }},\n\n"
            "we are sending an engineer for ticket {{ number }}. They will call you to "
            "agree on the time.",
            "then": "wait_third",
            "priority": "high",
            "kind": "fault",
            "note": "已转工程师排期。",
        },
        "solved": {
            "name": {"zh": "确认已解决", "en": "Say that it is solved"},
            "zh": "{{ contact }}，您好：\n\n"
            "“{{ subject }}”已处理完毕。如仍有问题，直接回复本邮件即可重新打开工单。",
            "en": "Hello {{ contact }},\n\n"
            "“{{ subject }}” is solved. Should anything be left, just answer this mail and "
            "the ticket opens again.",
            "then": "resolve",
        },
        "sorry": {
            "name": {"zh": "致歉并升级投诉", "en": "Apologise for what went wrong"},
            "zh": "{{ contact }}，您好：\n\n"
            "非常抱歉给您带来不便。我们已将此事升级处理，{{ agent }} 会在今天内给您答复。",
            "en": "Hello {{ contact }},\n\n"
            "we are sorry for the trouble. This is with our team lead now, and {{ agent }} "
            "will answer you today.",
            "then": "stay",
            "priority": "urgent",
            "kind": "complaint",
        },
    },
}  # fmt: skip


class Macro(Strict):
    """`zh` and `en` are the answer, perhaps none; `then` is what becomes of the ticket once it is sent; what else is
    given is changed with it, `note` kept for colleagues."""

    name: Label
    zh: Words = ""
    en: Words = ""
    then: Then = "wait_customer"
    priority: Priority | None = None
    kind: TicketKind | None = None
    queue: Key | None = None
    note: Annotated[str, StringConstraints(max_length=2_000)] = ""

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class MacroPolicy(PolicyDocument):
    kind: ClassVar[str] = "macro"
    default: ClassVar[dict[str, Any]] = DEFAULT

    macros: Annotated[dict[Key, Macro], Field(max_length=200)]

    @model_validator(mode="after")
    def name_only_what_there_is(self) -> Self:
        faults = [
            fault(["macros", key, part], "macro_names_unknown", "There is no {name}.", name=name)
            for key, macro in self.macros.items()
            for part in ("zh", "en")
            for name in unknown(getattr(macro, part))
        ]
        refuse_faults(self, faults)
        return self


def unknown(words: str) -> list[str]:
    """What a text names though there is no such thing, in order of their names."""
    return sorted(set(_GAP.findall(words)) - set(VARIABLES))


def filled(words: str, values: Mapping[str, str]) -> str:
    """With what the ticket has in the gaps; nothing of what it has is read as a gap again."""
    return _GAP.sub(lambda gap: values.get(gap.group(1), ""), words)
