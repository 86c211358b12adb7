"""What mails say, in their reader's language: of one notice, or of all open tasks of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from commands.decision_link import APPROVALS, DecisionLinks
from locales import N_, translate
from locales.formats import Formats
from locales.labels import label
from locales.notices import notice_text
from settings import Settings
from worker.mail_body import Entry, Letter, Link, Part

GROUPS = {"overdue": N_("Overdue"), "today": N_("Due today"), "later": N_("Later")}


class Words:
    """`mail`: person, to, language, kind, params, link (see db.notification and db.digest).

    Links that let people decide are made as the letter is written: they stand in no table and no log.
    """

    def __init__(self, settings: Settings, links: DecisionLinks) -> None:
        self.settings = settings
        self.links = links

    def letter(self, mail: dict[str, Any]) -> Letter:
        return self._digest(mail) if mail["kind"] == "digest" else self._notice(mail)

    def _notice(self, mail: dict[str, Any]) -> Letter:
        language = self._language(mail)
        _ = translate(language).gettext
        opened = Link(_("Open it in Throughline"), self._url(mail["link"]))
        asked = mail["params"].get("task") if mail["kind"] in APPROVALS else None
        decided = self._decision(mail, asked) if asked else ""
        return Letter(
            language=language,
            company=self.settings.company,
            heading=notice_text(mail["kind"], mail["params"], language),
            text=_portrait_step(mail["params"], language),
            act=Link(_("See the case and decide"), decided) if decided else opened,
            parts=_portrait(mail["params"], language),
            links=[opened] if decided else [],
            foot=self._foot(language),
        )

    def _digest(self, mail: dict[str, Any]) -> Letter:
        language, params = self._language(mail), mail["params"]
        words = translate(language)
        counts = params["counts"]
        every = sum(counts.values())
        heading = words.ngettext("%(num)d task waits for you", "%(num)d tasks wait for you", every) % {"num": every}
        if counts["overdue"]:
            late = words.gettext("%(tasks)s, %(num)d overdue")
            heading = late % {"tasks": heading, "num": counts["overdue"]}
        return Letter(
            language=language,
            company=self.settings.company,
            heading=heading,
            act=Link(words.gettext("Open my tasks"), self._url(mail["link"])),
            parts=[part for name in GROUPS if (part := self._part(mail, name, language)).entries],
            foot=self._foot(language),
        )

    def _part(self, mail: dict[str, Any], group: str, language: str) -> Part:
        params = mail["params"]
        formats = Formats(language, params["zone"] or self.settings.zone, self.settings.currency)
        tasks = [task for task in params["tasks"] if task["group"] == group]
        words, number = translate(language), params["counts"][group]
        left = number - len(tasks)
        more = words.ngettext("and %(num)d more", "and %(num)d more", left) % {"num": left} if left else ""
        entries = [self._entry(mail, task, formats) for task in tasks]
        return Part(f"{words.gettext(GROUPS[group])} ({number})", entries, more)

    def _entry(self, mail: dict[str, Any], task: dict[str, Any], formats: Formats) -> Entry:
        amount = formats.money(task["amount"], task["currency"]) if task["amount"] is not None else ""
        about = [label("task", task["kind"], formats.language), task["company"] or "", amount]
        decided = self._decision(mail, task["task"]) if task["kind"] == "approve" else ""
        see = translate(formats.language).gettext("See and decide")
        return Entry(
            Link(task["title"], self._url(f"/tasks/{task['task']}")),
            under=" · ".join(part for part in about if part and part != task["title"]),
            end=self._due(task, formats),
            late=task["group"] == "overdue",
            act=Link(see, decided) if decided else None,
        )

    def _due(self, task: dict[str, Any], formats: Formats) -> str:
        if task["due"] is None:
            return ""
        due = datetime.fromisoformat(task["due"])
        return formats.time(due) if task["group"] == "today" else formats.day(due)

    def _decision(self, mail: dict[str, Any], task_id: str) -> str:
        """Where this person decides without signing in; empty: nowhere."""
        person = mail.get("person")  # entries of an older version name nobody
        path = self.links.path(task_id, person) if person else ""
        return f"{self._url(path)}?{urlencode({'lang': self._language(mail)})}" if path else ""

    def _foot(self, language: str) -> Link:
        return Link(translate(language).gettext("Choose which mail you get"), self._url("/me#mail"))

    def _language(self, mail: dict[str, Any]) -> str:
        return mail["language"] or self.settings.language

    def _url(self, path: str) -> str:
        return f"{self.settings.base_url}{path}"


def _portrait(params: dict[str, Any], language: str) -> list[Part]:
    """What is known of a customer that came to somebody."""
    entries = [
        Entry(Link(value, ""), under=label("portrait", code, language)) for code, value in params.get("portrait", ())
    ]
    return [Part(translate(language).gettext(N_("What is known")), entries)] if entries else []


def _portrait_step(params: dict[str, Any], language: str) -> str:
    if "portrait" not in params:
        return ""
    said = translate(language).gettext(N_("Next: %(step)s. It seems to be of tier %(tier)s."))
    return said % {"step": label("portrait_step", params["step"], language), "tier": params["suggested"]}
