"""How long a contract takes to be read and checked, beyond the start of the child that opens it.

    python -m bench.contract_check

Prints processor seconds and their share of the limits (0.3 s for 10 pages, 1.5 s for 300), for Chinese and English.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median

import typst

from activities.document_reader import read_document
from domain.clause.check import check
from domain.clause.standard import built_in

LIMITS = {10: 0.3, 300: 1.5}
ZH = (
    "乙方应按照附件所列技术规范提供相应的服务，并在收到甲方书面通知后及时处理。甲方应在收到发票后30日内付款；逾期付款的，每日按未付金额"
    "的万分之五支付违约金。双方应对合同履行过程中知悉的商业秘密予以保密。质量记录应当完整保存，以备查验。任何修改均应以书面形式"
    "作出，经双方签字盖章后生效。验收标准以双方确认的测试方案为准，测试报告由双方代表签署。"
)
EN = (
    "Supplier shall perform the services set out in the schedule with reasonable skill and care, and keep records of "
    "all work. Customer shall pay each invoice within thirty (30) days of receipt. Each party shall keep confidential "
    "what it learns of the other. Any change to this agreement shall be in writing and signed by both parties. "
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = median(_timed(_made(Path(folder), "x", 1))[0] for _ in range(5))
        print(f"one short page, almost only the child's start: {start:.3f} s")
        for name, paragraph in (("Chinese", ZH), ("English", EN)):
            for pages, limit in LIMITS.items():
                path = _made(Path(folder), paragraph, pages)
                times = [_timed(path) for _ in range(5)]
                beyond = median(total for total, _, _ in times) - start
                reading = median(read for _, read, _ in times) - start
                characters = times[0][2]
                print(
                    f"{name}, {pages} pages, {characters:,} characters: {beyond:.3f} s beyond the start "
                    f"({reading:.3f} reading), {beyond / limit:.2f} of the limit"
                )


def _made(folder: Path, paragraph: str, pages: int) -> Path:
    source, path = folder / "contract.typ", folder / "contract.pdf"
    chapter = "\n\n".join(f"{at}.1 {paragraph}" for at in range(1, 7))
    body = "\n#pagebreak()\n".join([chapter if pages > 1 else paragraph] * pages)
    source.write_text(
        f'#set page(margin: 2cm)\n#set text(font: ("Liberation Serif", "Noto Serif CJK SC"), size: 11pt)\n{body}'
    )
    typst.compile(source, output=path)
    return path


def _spent() -> float:
    """Processor seconds of this process and its ended children: the same on a busy machine as on an idle one."""
    return sum(os.times()[:4])


def _timed(path: Path) -> tuple[float, float, int]:
    """Seconds in all, of reading; characters."""
    began = _spent()
    reading = read_document(path)
    read = _spent() - began
    check(reading.pages, built_in(), "乙方")
    return _spent() - began, read, sum(len(page.text) for page in reading.pages)


if __name__ == "__main__":
    main()
