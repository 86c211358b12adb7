"""Made-up records for /ui/kit: those of the design's pictures, in both languages, with deadlines around now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

DATA: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Samples:
    language: str
    now: datetime

    def say(self, text: str, chinese: str = "") -> str:
        return (chinese or DATA["texts"].get(text, text)) if self.language == "zh_CN" else text

    def deadline(self, minutes: int, used: float) -> dict[str, datetime]:
        """One with so many minutes left after the share `used` has passed."""
        left = timedelta(minutes=minutes, seconds=40 if minutes > 0 else -40)
        whole = left / (1 - used) if used < 1 else timedelta(days=1)
        return {"due": self.now + left, "start": self.now + left - whole}

    def inbox(self) -> dict[str, Any]:
        groups = [
            (self.say(name), [self.task(*row) for row in rows])
            for name, rows in groupby(DATA["tasks"], key=lambda row: row[0])
        ]
        return {"groups": groups, "task": groups[1][1][0], "samples": self}

    def task(
        self, _group: str, title: str, customer: str, kind: str, amount: int, who: str, minutes: int, used: float
    ) -> dict[str, Any]:
        return {
            "id": title,
            "title": self.say(title),
            "customer": self.say(customer),
            "key": customer,
            "kind": self.say(kind),
            "icon": DATA["icons"][kind],
            "amount": amount * 100,
            "who": who,
            **self.deadline(minutes, used),
        }

    def board(self) -> dict[str, Any]:
        stages = [self.stage(stage) for stage in DATA["stages"]]
        moves = [
            {"key": stage["key"], "name": stage["name"], "hint": stage["hint"], "refused": "", "asks": False}
            for stage in stages
        ]
        for deal in (deal for stage in stages for deal in stage["deals"]):
            deal["moves"] = moves
        return {
            "stages": stages,
            "won": {"key": "won", "name": self.say("Won"), "swatch": "ok", "count": 9, "sum": 624_000_000},
            "samples": self,
        }

    def stage(self, stage: dict[str, Any]) -> dict[str, Any]:
        deals = [self.deal(*row) for row in stage["deals"]]
        return stage | {
            "name": self.say(stage["name"]),
            "hint": self.say(stage["hint"]),
            "deals": deals,
            "count": len(deals),
            "sum": sum(deal["amount"] for deal in deals),
        }

    def deal(
        self, title: str, customer: str, amount: int, closes: str, owner: str, foot: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "id": title.lower().replace(" ", "-").replace(",", ""),
            "title": title,
            "customer": self.say(customer),
            "customer_id": customer,
            "amount": amount * 100,
            "currency": "CNY",
            "closes": date.fromisoformat(closes),
            "owner": owner,
            "owner_id": owner,
            "href": "#",
            "stage": "",
            "priority": 0,
            "late": "",
            "stall": "",
            "failed": 0,
            "moved": self.say("Moved by Chen Jie just now") if "moved" in foot else "",
            "next": foot.get("next"),
            "badge": foot.get("badge"),
            "sla": self.deadline(foot["minutes"], foot["used"]) if "minutes" in foot else None,
        }
