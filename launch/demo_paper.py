"""The demo company's contracts on paper: `python -m launch.demo_paper` draws them anew into `launch/demo_papers`.

They are drawn once and kept, so that a first start does not wait for them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from commands.paper import draw

FOLDER = Path(__file__).with_name("demo_papers")

PAGE = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: (x: 25mm, y: 24mm), numbering: "1 / 1")
#set text(font: "Noto Sans CJK SC", size: 10.5pt, lang: "zh")
#set par(leading: 0.9em, justify: true)
#align(center, text(17pt, weight: "bold", data.title))
#v(6mm)
甲方：#data.customer \\
乙方：#data.company \\
合同编号：#data.number
#v(3mm)
#for (no, clause) in data.clauses.enumerate() {
  block(above: 6mm, below: 3mm, sticky: true, text(11.5pt, weight: "bold")[第#data.numerals.at(no)条　#clause.at(0)])
  for (part, words) in clause.at(1).enumerate() {
    block(below: 2.4mm)[#{no + 1}.#{part + 1}　#words]
  }
}
#v(10mm)
#grid(columns: (1fr, 1fr), [甲方（盖章）：#v(14mm) 日期：], [乙方（盖章）：#v(14mm) 日期：])
"""
"""Typst; the data is what `DemoPaper` says."""

Clause = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class DemoPaper:
    """`name` of the file; `total` in whole yuan; what the clauses say that differ from contract to contract."""

    name: str
    title: str
    customer: str
    number: str
    total: int
    scope: str
    payment: tuple[str, ...]
    liability: str
    penalty: str
    term: str
    warranty: str = "质保期为验收合格之日起 12 个月。"
    court: str = "提交乙方所在地有管辖权的人民法院诉讼解决"

    def clauses(self) -> list[Clause]:
        total = f"本合同总价为人民币 {self.total:,}.00 元（含税）。"
        return [
            ("标的与范围", (self.scope, "交付内容、数量与验收标准见附件一。")),
            ("价款与支付", (total, *self.payment)),
            ("交付与验收", ("乙方应在合同签订后 45 日内完成交付。", "甲方应在收到验收通知后 10 个工作日内完成验收。")),
            ("质量保证", (self.warranty,)),
            ("违约责任", (self.penalty, "甲方逾期付款的，每逾期一日按逾期金额的万分之五支付违约金。")),
            ("责任限制", (self.liability,)),
            ("知识产权", ("乙方软件及其文档的知识产权归乙方所有，甲方在合同期内享有使用权。",)),
            ("保密", ("双方应对在履行中获知的商业秘密保密，保密期限为合同终止后三年。",)),
            ("期限与续期", (self.term,)),
            ("法律与争议", (f"本合同适用中华人民共和国法律。因本合同发生的争议，{self.court}。",)),
        ]


COMPANY = "Throughline 科技有限公司"
CAPPED = "乙方在本合同项下的累计赔偿责任以合同总价为限。"
DELAY = "乙方逾期交付的，每逾期一日按合同总价的万分之五支付违约金，违约金总额不超过合同总价的 10%。"
YEAR = "本合同有效期自签订之日起一年。期满前 30 日任何一方未书面通知不续期的，本合同自动续期一年。"
HALF = "合同签订后 7 日内，甲方支付合同总价的 30% 作为预付款。"
PAPERS = (
    DemoPaper(
        "platform", "产线数据采集平台采购合同", "昆仑机器人", "KL-2026-118", 180_000,
        "乙方向甲方提供产线数据采集平台软件及实施服务。",
        ("甲方应在验收合格并收到发票后 90 日内支付全部合同价款。",),
        "乙方应对甲方因本合同遭受的一切损失承担无限赔偿责任。",
        "乙方逾期交付的，每逾期一日按合同总价的千分之三支付违约金，违约金不设上限。", YEAR,
        court="提交甲方所在地有管辖权的人民法院诉讼解决",
    ),
    DemoPaper(
        "monitoring_1", "冷库远程监控项目合同", "南粤电子", "NY-2026-074", 260_000,
        "乙方向甲方提供三座冷库的远程监控设备、软件和安装服务。",
        ("甲方应在收到发票后 75 日内支付全部合同价款。",),
        "乙方在本合同项下的累计赔偿责任以合同总价的 3 倍为限。", DELAY, YEAR,
        warranty="质保期为验收合格之日起 36 个月。",
    ),
    DemoPaper(
        "monitoring_2", "冷库远程监控项目合同", "南粤电子", "NY-2026-074", 260_000,
        "乙方向甲方提供三座冷库的远程监控设备、软件和安装服务。",
        (HALF, "其余价款甲方应在收到发票后 45 日内支付。"),
        "乙方在本合同项下的累计赔偿责任以合同总价为限。", DELAY, YEAR, warranty="质保期为验收合格之日起 24 个月。",
    ),
    DemoPaper(
        "equipment", "机房环境监测设备合同", "兰芷医疗", "LZ-2026-031", 158_000,
        "乙方向甲方提供机房环境监测设备 42 套并负责安装调试。",
        (HALF, "其余价款甲方应在验收合格并收到发票后 30 日内支付。"), CAPPED, DELAY, YEAR,
    ),
    DemoPaper(
        "cameras", "厂区安防摄像服务合同", "荣达钢铁", "RD-2025-009", 610_000,
        "乙方向甲方提供厂区安防摄像设备的租用与运维服务。",
        (HALF, "其余价款甲方应在收到发票后 30 日内支付。"), CAPPED, DELAY, YEAR,
    ),
    DemoPaper(
        "clinics", "诊所系统上线服务合同", "兰芷医疗", "LZ-2026-027", 320_000,
        "乙方向甲方提供 9 个站点的诊所系统上线服务。",
        (HALF, "其余价款甲方应在收到发票后 30 日内支付。"), CAPPED, DELAY,
        "本合同自双方签署之日起生效，至全部服务完成且价款付清之日终止。",
    ),
)  # fmt: skip


async def draw_all() -> None:
    FOLDER.mkdir(exist_ok=True)
    for paper in PAPERS:
        data = {
            "title": paper.title, "customer": paper.customer, "company": COMPANY, "number": paper.number,
            "clauses": paper.clauses(), "numerals": "一二三四五六七八九十",
        }  # fmt: skip
        data["numerals"] = list(str(data["numerals"]))
        pdf = await draw(PAGE, data)
        await asyncio.to_thread((FOLDER / f"{paper.name}.pdf").write_bytes, pdf)


if __name__ == "__main__":
    asyncio.run(draw_all())
