"""The demo company's customers, deals and leads: who they are and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.deal import LOST_REASONS, WON_REASONS

WAN = 10_000 * 100
"""Ten thousand yuan in minor units."""


@dataclass(frozen=True)
class DemoCustomer:
    key: str
    name: str
    contact: str
    phone: str
    region: str
    owner: str


@dataclass(frozen=True)
class DemoDeal:
    """`idle` days since the last activity, `contract` its contract's status, `late` hours past its approval's due."""

    title: str
    customer: str
    amount: int
    stage: str
    closes_in: int
    idle: float
    next_step: str | None = None
    contract: str | None = None
    late: float | None = None
    priority: int = 0
    pipeline: str = "sales"


RENEWALS = {
    "engine": 1,
    "name": {"zh": "续约", "en": "Renewals"},
    "won_reasons": WON_REASONS,
    "lost_reasons": LOST_REASONS,
    "messages": {"renewal_day": {"zh": "请先填写续约日期和金额", "en": "Fill in the renewal date and amount first"}},
    "facts": [{"key": "close_on", "type": "date", "nullable": True}],
    "stages": [
        {"key": "notice", "name": {"zh": "到期提醒", "en": "Expiry notice"}, "win_percent": 60, "expected": "P30D"},
        {
            "key": "terms", "name": {"zh": "商定条款", "en": "Terms"}, "win_percent": 80, "expected": "P14D",
            "needs": ["amount"],
            "gate": {"fact": "close_on", "cell": {"op": "filled"}, "message": "renewal_day"},
            "entry": [
                {
                    "do": "task", "title": {"zh": "核对上一年的用量", "en": "Check last year's usage"},
                    "who": "owner", "within": "P3D",
                },
                {"do": "field", "field": "priority", "value": 2},
            ],
        },
        {"key": "won", "name": {"zh": "已续约", "en": "Renewed"}, "kind": "won", "win_percent": 100},
        {"key": "lost", "name": {"zh": "流失", "en": "Churned"}, "kind": "lost", "win_percent": 0},
    ],
    "stall": {"amber": "P5D", "red": "P10D", "manager": "P15D"},
}  # fmt: skip
"""A second pipeline: what customers have is renewed along it."""

CUSTOMERS = (
    DemoCustomer("blue", "蓝港食品", "周明", "+8613800138001", "east", "li.wei"),
    DemoCustomer("rongda", "荣达钢铁", "孙强", "+8613800138002", "east", "chen.tao"),
    DemoCustomer("hengyuan", "恒远物流", "林芳", "+8613800138003", "east", "li.wei"),
    DemoCustomer("kunlun", "昆仑机器人", "郑洁", "+8613800138004", "east", "wang.fang"),
    DemoCustomer("lanzhi", "兰芷医疗", "冯勇", "+8613800138005", "east", "zhou.kai"),
    DemoCustomer("yunfan", "云帆航空", "Amy Lau", "+8613800138006", "east", "chen.tao"),
    DemoCustomer("xihu", "西湖零售", "杜娟", "+8613800138007", "south", "wu.hao"),
    DemoCustomer("cuifeng", "翠峰能源", "贺军", "+8613800138008", "south", "deng.li"),
    DemoCustomer("harbour", "Harbour Freight Asia", "Tom Reid", "+8613800138009", "south", "liang.yan"),
    DemoCustomer("nanyue", "南粤电子", "龙丽", "+8613800138010", "south", "peng.cheng"),
)

DEALS = (
    DemoDeal("冷链可视化试点", "blue", 42 * WAN, "contact", 26, 1, "周二 10:00 需求电话"),
    DemoDeal("库房机器人许可", "kunlun", 96 * WAN, "contact", 30, 0.4, "发送案例清单", priority=3),
    DemoDeal("门店数据分析续约", "xihu", 33 * WAN, "contact", 59, 2, "确认预算负责人"),
    DemoDeal("车队远程信息 600 台", "hengyuan", 174 * WAN, "needs", 19, 0.2, "方案已发四次查看"),
    DemoDeal("机组排班套件", "yunfan", 128 * WAN, "needs", 37, 3, "现场调研 12 月 2 日"),
    DemoDeal("会员忠诚度计划", "xihu", 77 * WAN, "needs", 24, 1.5, "周一价格电话", priority=1),
    DemoDeal("变电站监测", "cuifeng", 89 * WAN, "proposal", 38, 9, None, priority=2),
    DemoDeal("荣达 ERP 上线", "rongda", 162 * WAN, "proposal", 12, 0.1, "等待修订范围"),
    DemoDeal("患者门户二期", "lanzhi", 51 * WAN, "proposal", 54, 2, "发送参考客户", priority=2),
    DemoDeal("港口堆场规划", "harbour", 64 * WAN, "proposal", 67, 1, "11 月 26 日现场拜访"),
    DemoDeal("数据驻留附加包", "kunlun", 4 * WAN + 86_000 * 100, "negotiation", 17, 0.5, None, "draft"),
    DemoDeal("三年平台许可", "hengyuan", 128 * WAN + 4_000 * 100, "negotiation", 8, 0.3, None, "in_approval", -1.7),
    DemoDeal("蓝港主协议", "blue", 236 * WAN, "negotiation", 10, 0.6, None, "in_approval", 0.6),
    DemoDeal("40 家门店上线", "xihu", 74 * WAN + 5_500 * 100, "negotiation", 13, 0.4, None, "in_approval", -6),
    DemoDeal("标准维护包", "nanyue", 4 * WAN + 8_000 * 100, "negotiation", 9, 0.2, None, "in_approval", -4),
    DemoDeal("航班运营核心", "yunfan", 197 * WAN, "negotiation", 5, 0.2, "待客户签字", "approved"),
    DemoDeal("产线数据采集平台", "kunlun", 18 * WAN, "negotiation", 14, 1, None, "checking", priority=2),
    DemoDeal("冷库远程监控", "nanyue", 26 * WAN, "negotiation", 11, 1, None, "checking"),
    DemoDeal("机房环境监测", "lanzhi", 15 * WAN + 8_000 * 100, "negotiation", 6, 0.3, "待双方签署", "approved"),
    DemoDeal("冷库能耗看板", "nanyue", 18 * WAN, "needs", 45, 16, None),
    DemoDeal("平台许可续约 2027", "hengyuan", 96 * WAN, "notice", 64, 1, "12 月 3 日续约会", pipeline="renewals"),
    DemoDeal("维护合同续签", "rongda", 28 * WAN, "notice", 41, 8, None, pipeline="renewals"),
    DemoDeal("会员系统续约", "xihu", 45 * WAN, "terms", 20, 0.5, "等待新价格", priority=3, pipeline="renewals"),
    DemoDeal("厂区安防摄像", "rongda", 61 * WAN, "won", -9, 9, None, "signed"),
    DemoDeal("诊所上线 9 站", "lanzhi", 32 * WAN, "won", -2, 2, None, "signed"),
)

LEADS = (
    ("east", "江南印务", "钱进", "+8613900139001", "想了解车队管理方案，大约 30 台车", 12 * WAN),
    ("east", "Delta Marine", "Grace Ong", "+8613900139002", "Need a quote for 12 vessels, Q1 start", 48 * WAN),
    ("south", "岭南茶业", "苏晴", "+8613900139003", "门店会员系统，预算 20 万左右", 20 * WAN),
)

GRADED_LEADS: tuple[dict[str, Any], ...] = (
    {
        "source": "api", "region": "east", "company": "远东造船", "name": "陆海", "phone": "+8613900139011",
        "message": "三个船坞的设备监测，年内要定供应商", "amount": 120 * WAN, "size": "large",
        "industry": "manufacturing", "intent": "buy", "campaign": "2026 秋季工博会",
        "utm": {"utm_source": "expo", "utm_campaign": "2026 秋季工博会"},
    },
    {
        "source": "api", "region": "east", "company": "晨光文具店", "name": "小林", "email": "hi@chenguang.example",
        "message": "想了解一下", "intent": "learn", "size": "micro",
    },
    {
        "source": "form", "region": "east", "company": "蓝港食品有限公司", "name": "许慧", "phone": "+8613900139012",
        "message": "听说你们做过我们总部的冷链，想看分厂方案", "amount": 18 * WAN, "size": "medium",
        "intent": "compare",
    },
)  # fmt: skip
"""Leads of the best and of the lowest grade, and one that looks like a customer there is."""
