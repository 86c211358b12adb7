"""The demo company's customers, deals and leads: who they are and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

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
    DemoDeal("库房机器人许可", "kunlun", 96 * WAN, "contact", 30, 0.4, "发送案例清单"),
    DemoDeal("门店数据分析续约", "xihu", 33 * WAN, "contact", 59, 2, "确认预算负责人"),
    DemoDeal("车队远程信息 600 台", "hengyuan", 174 * WAN, "needs", 19, 0.2, "方案已发四次查看"),
    DemoDeal("机组排班套件", "yunfan", 128 * WAN, "needs", 37, 3, "现场调研 12 月 2 日"),
    DemoDeal("会员忠诚度计划", "xihu", 77 * WAN, "needs", 24, 1.5, "周一价格电话"),
    DemoDeal("变电站监测", "cuifeng", 89 * WAN, "proposal", 38, 6.8, None),
    DemoDeal("荣达 ERP 上线", "rongda", 162 * WAN, "proposal", 12, 0.1, "等待修订范围"),
    DemoDeal("患者门户二期", "lanzhi", 51 * WAN, "proposal", 54, 2, "发送参考客户"),
    DemoDeal("港口堆场规划", "harbour", 64 * WAN, "proposal", 67, 1, "11 月 26 日现场拜访"),
    DemoDeal("数据驻留附加包", "kunlun", 4 * WAN + 86_000 * 100, "negotiation", 17, 0.5, None, "draft"),
    DemoDeal("三年平台许可", "hengyuan", 128 * WAN + 4_000 * 100, "negotiation", 8, 0.3, None, "in_approval", -1.7),
    DemoDeal("蓝港主协议", "blue", 236 * WAN, "negotiation", 10, 0.6, None, "in_approval", 0.6),
    DemoDeal("40 家门店上线", "xihu", 74 * WAN + 5_500 * 100, "negotiation", 13, 0.4, None, "in_approval", -6),
    DemoDeal("标准维护包", "nanyue", 4 * WAN + 8_000 * 100, "negotiation", 9, 0.2, None, "in_approval", -4),
    DemoDeal("航班运营核心", "yunfan", 197 * WAN, "negotiation", 5, 0.2, "待客户签字", "approved"),
    DemoDeal("厂区安防摄像", "rongda", 61 * WAN, "won", -9, 9, None, "approved"),
    DemoDeal("诊所上线 9 站", "lanzhi", 32 * WAN, "won", -2, 2, None, "approved"),
)

LEADS = (
    ("east", "江南印务", "钱进", "13900139001", "想了解车队管理方案，大约 30 台车", 12 * WAN),
    ("east", "Delta Marine", "Grace Ong", "13900139002", "Need a quote for 12 vessels, Q1 start", 48 * WAN),
    ("south", "岭南茶业", "苏晴", "13900139003", "门店会员系统，预算 20 万左右", 20 * WAN),
)
