"""The text model: trained in a child, kept without pickles, sure of what it knows and of nothing else."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from activities.ticket_trainer import Case, train_model
from domain.refusal import Refused
from domain.ticket_model import TicketModel, unpack
from launch.cli import app

THINGS = ["pump", "valve", "press", "robot", "belt", "crane", "motor", "drill", "lathe", "oven", "mixer", "scale"]
SAID = {
    "repair": ["the {} is broken and makes a loud noise", "our {} stopped with an error", "please repair the {}"],
    "billing": ["the invoice for the {} is wrong", "we paid twice for the {}", "send the receipt of the {} again"],
    "delivery": [
        "when will the {} be delivered",
        "the {} has not arrived yet",
        "change the delivery address of the {}",
    ],
}
SAID_ZH = {
    "repair": ["{}坏了，声音很大", "{}报警停机了", "请派人维修{}"],
    "billing": ["{}的发票开错了", "{}重复付款了", "请重新开具{}的发票"],
}


def cases() -> list[Case]:
    return [
        Case(text=said.format(thing), queue=queue, ruled="billing" if "invoice" in said else None)
        for listed in (SAID, SAID_ZH)
        for queue, sentences in listed.items()
        for said in sentences
        for thing in THINGS
    ]


@pytest.fixture(scope="module")
def document() -> bytes:
    strange = [Case(text=f"sing me song number {no}", queue="triage") for no in range(20)]
    return train_model([*cases(), *strange])


@pytest.fixture(scope="module")
def model(document: bytes) -> TicketModel:
    return unpack(document)


def test_it_guesses_in_both_languages_and_is_sure(model: TicketModel) -> None:
    best = model.guess("The press is broken, please repair it")
    assert [guess.queue for guess in best][:1] == ["repair"]
    assert len(best) == 3
    assert best[0].confidence > 0.6
    assert model.guess("钻床的发票有错误，请重开")[0].queue == "billing"


def test_it_is_not_sure_of_what_it_has_never_heard_of(model: TicketModel) -> None:
    assert model.guess("do you know a nice song about whales")[0].confidence < 0.6
    assert model.guess("   ") == []


def test_it_measures_itself_and_the_rules_by_queue(model: TicketModel) -> None:
    measured = model.header.languages["en"].measure
    assert measured.first > 0.9
    billing = measured.queues["billing"]
    assert (billing.cases, billing.ruled, billing.rules_precision) == (36, 12, 1.0)
    assert not billing.used or (billing.precision or 0) > 1.0  # it is never used where the rules are as good


def test_too_little_to_learn_from_makes_no_model() -> None:
    assert train_model([Case(text="broken", queue="repair")] * 9 + [Case(text="paid", queue="billing")] * 20) == b""


def test_texts_that_belong_to_no_queue_make_no_queue(model: TicketModel) -> None:
    said = model.header.languages["en"]
    assert "triage" not in said.queues
    assert said.measure.strange == 20
    assert said.measure.strange_kept >= 15


def test_it_opens_nothing_that_could_run(document: bytes) -> None:
    objects = io.BytesIO()
    np.savez(objects, header=np.array([{"format": 1}], dtype=object))
    for other in (b"", b"no model", pickle.dumps({"format": 1}), document[:-200], objects.getvalue()):
        with pytest.raises(Refused, match="ticket_model_unreadable"):
            unpack(other)


def test_the_command_line_trains_and_routes_without_a_server(tmp_path: Path) -> None:
    two = [one for one in cases() if one.text.isascii() and one.queue != "delivery"]
    rows = "\n".join(json.dumps({"text": one.text, "queue": one.queue}) for one in two)
    (tmp_path / "past.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "new.csv").write_text(
        "id,text\na,please repair the oven\nb,what is the meaning of life\n", encoding="utf-8"
    )
    run = CliRunner()
    made = run.invoke(
        app, ["tickets", "model", "train", str(tmp_path / "past.jsonl"), "--out", str(tmp_path / "m.npz")]
    )
    assert made.exit_code == 0
    assert "best guess right for" in made.output
    routed = run.invoke(
        app, ["tickets", "route", str(tmp_path / "new.csv"), "--model", str(tmp_path / "m.npz"), "--jsonl"]
    )
    said = [json.loads(line) for line in routed.output.splitlines()]
    assert [(one["id"], one["queue"], one["triage"]) for one in said] == [("a", "repair", False), ("b", "triage", True)]
    assert all(len(one["guesses"]) == 2 for one in said)
