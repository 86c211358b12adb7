"""Made-up records for /ui/kit: those of the design's pictures, in both languages, with deadlines around now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

TEXTS = {
    "Blue Harbor Foods": "蓝港食品", "Rongda Steel": "荣达钢铁", "Hengyuan Logistics": "恒远物流",
    "Kunlun Robotics": "昆仑机器人", "Orchid Health": "兰芷医疗", "Yunfan Aviation": "云帆航空",
    "Westlake Retail": "西湖零售", "Jade Peak Energy": "玉峰能源",
    "Contract": "合同", "Credit": "授信", "Discount": "折扣", "Payment terms": "账期", "Refund": "退款",
    "Handover": "交接",
    "Non-standard liability cap": "非标责任上限条款", "Credit limit raised to 2.4 million": "授信额度上调至 240 万",
    "18% discount on 3-year platform licence": "三年平台许可 18% 折扣", "60-day payment terms": "账期延长至 60 天",
    "Refund for duplicate invoice": "重复开票退款", "Master services agreement, rev 3": "主服务协议 第 3 版",
    "22% launch discount, 40 stores": "40 家门店上线折扣 22%", "Return customer to the pool": "客户退回公海",
    "Extra 5% for annual prepayment": "年付再让 5%", "Data processing addendum": "数据处理附录",
    "Partner margin exception": "渠道毛利例外", "Trial extension to 90 days": "试用延长至 90 天",
    "Overdue": "已超时", "Due today": "今天到期", "Later": "以后",
    "Qualified": "已确认", "Proposal": "方案", "Negotiation": "谈判", "In approval": "审批中", "Contracting": "签约",
    "Won": "赢单",
}  # fmt: skip
ICONS = {
    "Contract": "file-text", "Credit": "gauge", "Discount": "badge-percent", "Payment terms": "calendar",
    "Refund": "undo-2", "Handover": "waypoints",
}  # fmt: skip


@dataclass(frozen=True)
class Samples:
    language: str
    now: datetime

    def say(self, text: str, chinese: str = "") -> str:
        return (chinese or TEXTS.get(text, text)) if self.language == "zh_CN" else text

    def deadline(self, left: timedelta, used: float) -> dict[str, Any]:
        """One with so much time left of which the share was used."""
        whole = left / (1 - used) if used < 1 else timedelta(days=1)
        return {"due": self.now + left, "start": self.now + left - whole}

    def task(self, number: int, title: str, customer: str, kind: str, amount: int, who: str, left: timedelta,
             used: float) -> dict[str, Any]:  # fmt: skip
        return {
            "id": str(number), "title": self.say(title), "customer": self.say(customer), "key": customer,
            "kind": self.say(kind), "icon": ICONS[kind], "amount": amount * 100, "who": who,
            **self.deadline(left, used),
        }  # fmt: skip

    def inbox(self) -> dict[str, Any]:
        minutes = lambda n: timedelta(minutes=n, seconds=40)  # noqa: E731
        t = self.task
        groups = [
            ("Overdue", [
                t(1, "Non-standard liability cap", "Blue Harbor Foods", "Contract", 2360000, "Su Yan", -minutes(37), 1),
                t(2, "Credit limit raised to 2.4 million", "Rongda Steel", "Credit", 2400000, "Chen Jie", -minutes(11), 1),
            ]),
            ("Due today", [
                t(3, "18% discount on 3-year platform licence", "Hengyuan Logistics", "Discount", 1284000, "Li Wei", minutes(102), 0.79),
                t(4, "60-day payment terms", "Kunlun Robotics", "Payment terms", 486000, "Hu Na", minutes(155), 0.68),
                t(5, "Refund for duplicate invoice", "Orchid Health", "Refund", 118400, "Su Yan", minutes(250), 0.48),
                t(6, "Master services agreement, rev 3", "Yunfan Aviation", "Contract", 3920000, "Li Wei", minutes(312), 0.35),
                t(7, "22% launch discount, 40 stores", "Westlake Retail", "Discount", 745500, "Chen Jie", minutes(370), 0.25),
            ]),
            ("Later", [
                t(8, "Return customer to the pool", "Jade Peak Energy", "Handover", 260000, "Hu Na", minutes(26 * 60), 0.2),
                t(9, "Extra 5% for annual prepayment", "Orchid Health", "Discount", 318000, "Su Yan", minutes(28 * 60), 0.15),
                t(10, "Data processing addendum", "Kunlun Robotics", "Contract", 486000, "Li Wei", minutes(49 * 60), 0.1),
                t(11, "Partner margin exception", "Rongda Steel", "Discount", 1150000, "Chen Jie", minutes(52 * 60), 0.06),
                t(12, "Trial extension to 90 days", "Blue Harbor Foods", "Contract", 102000, "Hu Na", minutes(71 * 60), 0.03),
            ]),
        ]  # fmt: skip
        return {
            "groups": [(self.say(name), tasks) for name, tasks in groups],
            "task": groups[1][1][0],
            "samples": self,
        }

    def deal(self, number: int, title: str, customer: str, amount: int, closes: str, owner: str, version: int = 1,
             **foot: Any) -> dict[str, Any]:  # fmt: skip
        return {
            "id": str(number), "title": title, "customer": self.say(customer), "customer_id": customer,
            "amount": amount * 100, "currency": "CNY", "closes": date.fromisoformat(closes), "owner": owner,
            "owner_id": owner, "href": "#", "version": version, "foot": foot, "moved": foot.pop("moved", ""),
        }  # fmt: skip

    def board(self) -> dict[str, Any]:
        d = self.deal
        hours = lambda n: timedelta(hours=n, seconds=40)  # noqa: E731
        columns = [
            ("qualified", "Qualified", "grey", 0.2, "", [
                d(1, "Cold-chain visibility pilot", "Blue Harbor Foods", 420000, "2026-12-18", "Su Yan", next="Discovery call Tue 10:00"),
                d(2, "Warehouse robotics licence", "Kunlun Robotics", 960000, "2026-12-22", "Hu Na", sla=self.deadline(hours(3.25), 0.82)),
                d(3, "Patient portal, phase two", "Orchid Health", 510000, "2027-01-15", "Su Yan", next="Send reference list"),
                d(4, "Store analytics renewal", "Westlake Retail", 330000, "2027-01-20", "Chen Jie", next="Budget holder unknown"),
                d(5, "Port yard planning", "Hengyuan Logistics", 640000, "2027-01-28", "Li Wei", next="Site visit on Nov 26"),
            ]),
            ("proposal", "Proposal", "blue", 0.4, "", [
                d(6, "Fleet telematics, 600 trucks", "Hengyuan Logistics", 1740000, "2026-12-11", "Li Wei", next="Proposal opened 4 times"),
                d(7, "Crew scheduling suite", "Yunfan Aviation", 1280000, "2026-12-29", "Li Wei", sla=self.deadline(hours(20.2), 0.45)),
                d(8, "Loyalty programme", "Westlake Retail", 770000, "2026-12-16", "Chen Jie", next="Pricing call Monday"),
                d(9, "Substation monitoring", "Jade Peak Energy", 890000, "2026-12-30", "Hu Na", badge=("No contact for 12 days", "bad", "triangle-alert")),
            ]),
            ("negotiation", "Negotiation", "violet", 0.6, "", [
                d(10, "Rongda ERP rollout", "Rongda Steel", 1620000, "2026-12-04", "Chen Jie", moved=self.say("Moved by Chen Jie just now", "陈洁刚刚移动"), sla=self.deadline(hours(47), 0.06)),
                d(11, "Data residency add-on", "Kunlun Robotics", 486000, "2026-12-09", "Hu Na", sla=self.deadline(hours(2.6), 0.68)),
                d(12, "Harbor ordering app", "Blue Harbor Foods", 1050000, "2026-12-15", "Su Yan", next="Redlines due Thursday"),
                d(13, "Grid sensor refresh", "Jade Peak Energy", 540000, "2026-12-19", "Hu Na", next="Awaiting revised scope"),
            ]),
            ("approval", "In approval", "amber", 0.75, self.say("Drop to start approval", "放下即发起审批"), [
                d(14, "3-year platform licence", "Hengyuan Logistics", 1284000, "2026-11-30", "Li Wei", badge=("Director, 18% discount", "warn", "user")),
                d(15, "Blue Harbor master agreement", "Blue Harbor Foods", 2360000, "2026-12-02", "Su Yan", badge=("Legal, overdue 38 min", "bad", "scale")),
                d(16, "40-store launch", "Westlake Retail", 745500, "2026-12-05", "Chen Jie", badge=("Finance, 6 h left", "", "hand-coins")),
            ]),
            ("contracting", "Contracting", "teal", 0.9, "", [
                d(17, "Flight operations core", "Yunfan Aviation", 1970000, "2026-11-27", "Li Wei", badge=("Sent for signature", "info", "file-text")),
                d(18, "Clinic rollout, 9 sites", "Orchid Health", 320000, "2026-11-28", "Su Yan", badge=("Signed by customer", "ok", "circle-check")),
                d(19, "Mill safety cameras", "Rongda Steel", 610000, "2026-12-01", "Chen Jie", next="Counter-sign today"),
            ]),
        ]  # fmt: skip
        stages = [
            {
                "key": key, "name": self.say(name), "swatch": swatch, "chance": chance, "hint": hint, "deals": deals,
                "count": len(deals), "sum": sum(deal["amount"] for deal in deals),
            }
            for key, name, swatch, chance, hint, deals in columns
        ]  # fmt: skip
        won = {"name": self.say("Won"), "swatch": "ok", "count": 9, "sum": 624000000}
        return {"stages": stages, "won": won, "targets": [(s["key"], s["name"]) for s in stages]}
