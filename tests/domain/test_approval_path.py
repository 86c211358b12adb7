"""An approval line always ends, asks nobody the same thing twice at once, and ends with nothing still open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import approval_path as line
from domain.access import person_key
from domain.approval import Rules, Step
from domain.approval_path import PathStep, Seat
from domain.approval_seat import Candidate, take_seats
from domain.approver import PersonApprover

PEOPLE = [f"p{no}" for no in range(5)]
ADMINISTRATOR = "role:administrator:*"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

modes = st.sampled_from(["any", "all", "in_order"])
several = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
wanted = st.lists(st.tuples(several, modes), min_size=1, max_size=4)
rules = st.builds(
    Rules,
    nobody=st.sampled_from(["above", "administrator", "skip"]),
    own=st.sampled_from(["above", "skip", "allow"]),
    twice=st.sampled_from(["ask", "once", "consecutive"]),
)


def step_of(key: str, people: list[str], mode: Any = "any") -> PathStep:
    who = tuple(PersonApprover(person=person) for person in people)
    return PathStep(step=Step(key=key, who=who, mode=mode, allowed=timedelta(hours=8)), reason="row")


class Line:
    """The workflow's part, without Temporal: seats people, opens tasks, takes decisions."""

    def __init__(self, path: list[PathStep], rules: Rules, gone: frozenset[str], submitter: str) -> None:
        self.path, self.rules, self.gone, self.submitter = path, rules, gone, submitter
        self.tasks = count(1)
        self.open: set[str] = set()
        self.ended = ""

    def go_on(self) -> None:
        while not self.ended and (step := line.current(self.path)):
            if step.status == "pending" and not step.seats:
                self.seat(step)
            elif seats := line.to_open(step):
                for seat in seats:
                    step.status, seat.status, seat.task_id = "open", "open", f"t{next(self.tasks)}"
                    self.open.add(seat.task_id)
            else:
                return
        self.ended = self.ended or "approved"
        line.end(self.path)

    def seat(self, step: PathStep) -> None:
        candidates = [self.candidate(one.person) for one in step.step.who if isinstance(one, PersonApprover)]
        approved = line.approvers(self.path)
        step.seats, skip = take_seats(step.step, self.rules, candidates, self.submitter, approved, ADMINISTRATOR)
        if skip:
            line.skip(step, skip)
        else:
            step.status = "open"

    def candidate(self, person: str) -> Candidate:
        people = set() if person in self.gone else {person}
        return Candidate(person_key(person), people, [ADMINISTRATOR], ADMINISTRATOR, {"boss"}, [])

    def take(self, no: int, outcome: line.Outcome, to: int | None = None) -> None:
        task = sorted(self.open)[no % len(self.open)]
        found = line.seat_of(self.path, task)
        assert found is not None
        step, seat = found
        seat.by, seat.at = (seat.holders[0].removeprefix("person:"), NOON)
        earlier = line.earlier_steps(self.path, step)
        lifted = line.decide(step, seat, outcome)
        self.open -= {task, *lifted}
        if outcome == "returned" and to is not None and earlier:
            line.return_to(self.path, earlier[to % len(earlier)], step)
        elif outcome != "approved":
            self.ended = outcome
        self.go_on()

    def add(self, no: int, people: list[str], where: Literal["before", "after"]) -> None:
        task = sorted(self.open)[no % len(self.open)]
        found = line.seat_of(self.path, task)
        assert found is not None
        added = step_of(f"added_{len(self.path)}", people)
        added.added_by = "somebody"
        self.open -= set(line.insert(self.path, added, found[0], where))
        self.go_on()

    def reroute(self, steps: list[PathStep]) -> None:
        self.path, lifted = line.moved(self.path, steps)
        self.open -= set(lifted)
        self.go_on()

    def check(self) -> None:
        seats = [
            (step, seat) for step, seat in line.seats(self.path) if seat.status == "open" and step.status != "void"
        ]
        assert {seat.task_id for _, seat in seats} == self.open
        assert len({id(step) for step, _ in seats}) <= 1, "only one step is asked at a time"
        holders = [tuple(seat.holders) for _, seat in seats]
        assert len(holders) == len(set(holders)), "nobody is asked the same thing twice"
        if self.ended:
            assert not self.open
            assert not [s for _, s in line.seats(self.path) if s.status in ("open", "waiting")]
            assert all(step.status not in ("open", "pending") for step in self.path)


acts = st.one_of(
    st.tuples(st.just("approve"), st.integers(0, 5)),
    st.tuples(st.just("return_to"), st.integers(0, 5), st.integers(0, 3)),
    st.tuples(st.just("add"), st.integers(0, 5), several, st.sampled_from(["before", "after"])),
    st.tuples(st.just("reroute"), wanted),
)


@settings(max_examples=300, deadline=None)
@given(wanted, rules, st.frozensets(st.sampled_from(PEOPLE)), st.sampled_from(PEOPLE), st.lists(acts, max_size=12))
def test_whatever_the_order_of_events_a_line_ends_once_with_nothing_open(
    steps: Any, rules: Rules, gone: frozenset[str], submitter: str, events: Any
) -> None:
    scene = Line([step_of(f"s{no}", *one) for no, one in enumerate(steps)], rules, gone, submitter)
    scene.go_on()
    scene.check()
    for event in events:
        if scene.ended:
            break
        match event:
            case ("approve", no):
                scene.take(no, "approved")
            case ("return_to", no, to):
                scene.take(no, "returned", to)
            case ("add", no, people, where):
                scene.add(no, people, where)
            case ("reroute", others):
                scene.reroute([step_of(f"s{no}", *one) for no, one in enumerate(others)])
        scene.check()
    for _ in range(200):
        if scene.ended:
            break
        scene.take(0, "approved")
        scene.check()
    assert scene.ended


def walked(*steps: PathStep, rules: Rules = Rules(), submitter: str = "nobody") -> Line:
    scene = Line(list(steps), rules, frozenset(), submitter)
    scene.go_on()
    return scene


def open_seats(scene: Line) -> list[list[str]]:
    return [seat.holders for _, seat in line.seats(scene.path) if seat.status == "open"]


def test_all_are_asked_at_once_and_every_one_must_approve() -> None:
    scene = walked(step_of("both", ["p0", "p1"], "all"))
    assert open_seats(scene) == [["person:p0"], ["person:p1"]]
    scene.take(0, "approved")
    assert open_seats(scene) == [["person:p1"]]
    scene.take(0, "approved")
    assert scene.ended == "approved"


def test_of_any_the_first_decides_for_the_others() -> None:
    scene = walked(step_of("either", ["p0", "p1"]))
    assert open_seats(scene) == [["person:p0", "person:p1"]]
    scene.take(0, "approved")
    assert scene.ended == "approved"


def test_in_order_the_second_is_asked_once_the_first_has_approved() -> None:
    scene = walked(step_of("line", ["p0", "p1"], "in_order"))
    assert open_seats(scene) == [["person:p0"]]
    scene.take(0, "approved")
    assert open_seats(scene) == [["person:p1"]]


def test_one_rejection_ends_the_line_for_all() -> None:
    scene = walked(step_of("both", ["p0", "p1"], "all"), step_of("later", ["p2"]))
    scene.take(1, "rejected")
    scene.check()
    assert [step.status for step in scene.path] == ["rejected", "withdrawn"]
    assert [seat.status for seat in scene.path[0].seats] == ["withdrawn", "rejected"]


def test_a_signer_added_before_lets_the_asker_wait_and_then_asks_again() -> None:
    scene = walked(step_of("manager", ["p0"]))
    scene.add(0, ["p3"], "before")
    assert open_seats(scene) == [["person:p3"]]
    scene.take(0, "approved")
    assert open_seats(scene) == [["person:p0"]]
    scene.take(0, "approved")
    assert scene.ended == "approved"


def test_a_return_to_an_earlier_step_asks_from_there_again_and_keeps_the_trail() -> None:
    scene = walked(step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("three", ["p2"]))
    scene.take(0, "approved")
    scene.take(0, "approved")
    scene.take(0, "returned", to=0)
    assert [(s.key, s.status) for s in scene.path] == [
        ("one", "void"), ("two", "void"), ("three", "returned"), ("one", "open"), ("two", "pending"),
        ("three", "pending"),
    ]  # fmt: skip
    assert open_seats(scene) == [["person:p0"]]


def test_who_approved_before_is_not_asked_again_where_the_rules_say_once() -> None:
    steps = (step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("three", ["p0"]))
    once = walked(*(step.model_copy(deep=True) for step in steps), rules=Rules(twice="once"))
    once.take(0, "approved")
    once.take(0, "approved")
    assert once.ended == "approved"
    assert (once.path[2].status, once.path[2].note, once.path[2].seats[0].came) == ("skipped", "twice", "earlier")
    consecutive = walked(*steps, rules=Rules(twice="consecutive"))
    consecutive.take(0, "approved")
    consecutive.take(0, "approved")
    assert open_seats(consecutive) == [["person:p0"]]


def test_ones_own_request_goes_above_is_skipped_or_allowed_as_the_rules_say() -> None:
    assert open_seats(walked(step_of("one", ["p0"]), submitter="p0")) == [[ADMINISTRATOR]]
    assert walked(step_of("one", ["p0"]), rules=Rules(own="skip"), submitter="p0").path[0].note == "own"
    assert open_seats(walked(step_of("one", ["p0"]), rules=Rules(own="allow"), submitter="p0")) == [["person:p0"]]


def test_a_new_version_of_the_policy_asks_nobody_again_and_lets_go_whom_it_does_not_want() -> None:
    scene = walked(step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("three", ["p2"]))
    scene.take(0, "approved")
    asked = next(iter(scene.open))
    scene.reroute([step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("four", ["p4"])])
    assert scene.open == {asked}, "two is still asked, by the very same task"
    assert [(s.key, s.status) for s in scene.path] == [("one", "approved"), ("two", "open"), ("four", "pending")]
    scene.reroute([step_of("one", ["p0"]), step_of("four", ["p4"])])
    assert open_seats(scene) == [["person:p4"]]
    assert asked not in scene.open


def test_a_new_version_of_the_policy_leaves_added_signers_where_they_were_added() -> None:
    scene = walked(step_of("one", ["p0"]), step_of("two", ["p1"]))
    asked = set(scene.open)
    for key, beside, where in (("after", 0, "after"), ("late", 2, "before")):
        added = step_of(key, ["p3"])
        added.added_by = "p0"
        line.insert(scene.path, added, scene.path[beside], where)  # type: ignore[arg-type]
    scene.reroute([step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("three", ["p2"])])
    assert [step.key for step in scene.path] == ["one", "after", "late", "two", "three"]
    assert scene.open == asked, "one is still asked first"


def test_nobody_has_two_seats_by_name_and_by_a_role_that_nobody_else_holds() -> None:
    keys = ("role:cfo:*", "person:xu", "person:he")
    candidates = [
        Candidate(key=key, people={person}, ladder=[], above_key=ADMINISTRATOR, above_people=set(), above_ladder=[])
        for key, person in zip(keys, ("xu", "xu", "he"), strict=True)
    ]
    seats, _ = take_seats(step_of("one", ["xu"], "all").step, Rules(), candidates, "li", [], ADMINISTRATOR)
    assert [seat.holders for seat in seats] == [["role:cfo:*"], ["person:he"]]


def test_a_new_version_of_the_request_keeps_the_approvals_before_the_step_that_returned_it() -> None:
    before = [step_of("one", ["p0"]), step_of("two", ["p1"]), step_of("three", ["p2"])]
    for step, status in zip(before, ("approved", "approved", "returned"), strict=True):
        step.status = status  # type: ignore[assignment]
        step.seats = [Seat(holders=["person:x"], by="x", at=NOON, status="approved")]
    again = [step_of("one", ["p0"]), step_of("two", ["p4"]), step_of("three", ["p2"])]
    line.carry(again, before)
    assert [(s.status, s.note) for s in again] == [("approved", "carried"), ("pending", ""), ("pending", "")], (
        "two asks somebody else now, so that it and all after it are asked anew"
    )


def test_a_condition_of_a_step_that_is_asked_anew_no_longer_counts() -> None:
    scene = walked(step_of("one", ["p0"]), step_of("two", ["p1"]))
    scene.path[0].seats[0].condition = "a deposit of 30%"
    scene.take(0, "approved")
    assert line.conditions(scene.path) == ["a deposit of 30%"]
    scene.take(0, "returned", 0)
    assert line.conditions(scene.path) == []


def test_whoever_stands_in_for_two_approvers_is_asked_once() -> None:
    both = step_of("both", ["p0", "p1"], "all")  # the one has left, the other asks for it
    scene = Line([both], Rules(nobody="administrator", own="above"), frozenset({"p0"}), "p1")
    scene.go_on()
    assert open_seats(scene) == [[ADMINISTRATOR]]
