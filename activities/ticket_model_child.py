"""The child process that trains the text model: takes its limits on, learns, measures, and hands the document over.

Run with `python -m activities.ticket_model_child`. Standard input is one JSON object (see `Lesson`); standard output
is the document (`domain.ticket_model.pack`), or nothing where there is too little to learn from.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from domain.ticket_model import (
    FORMAT,
    Evidence,
    Header,
    LanguageHeader,
    Measure,
    QueueMeasure,
    pack,
    scores_of,
    signs,
)  # fmt: skip
from domain.ticket_text import READINGS, language_of, plain

MEMORY = 3 * 1024 * 1024 * 1024
CPU_SECONDS = 300
MOST_TERMS = 30_000
"""Of one reading: those that come most often."""
FOLDS = 5
LEAST_ROWS = 10
"""Of a queue, or there is too little to tell it by."""
MOST_ROWS, MOST_FINER = 20_000, 200
STRANGE_SHARE = 0.1
"""How many cases that belong to no queue are reckoned with, for each that does."""
UNTAUGHT = [1.0, 0.0, 0.0, 6.0, -4.0]
"""What makes a guess sure where nothing could be learned about that: its share, and how much of the text is known."""
NO_QUEUE = ("triage", "")


class Lesson(NamedTuple):
    """One language's cases, in parallel. `finer` names the kind within the queue (the queue where none is known),
    `ruled` the queue the rules gave. `strange` are texts that belong to no queue."""

    texts: list[str]
    queues: Any
    finer: Any
    ruled: list[str | None]
    strange: list[str]


class Learned(NamedTuple):
    """`model` says the queues, `within` the finer kinds, each of the queue at the same place in `owns`."""

    vectors: Sequence[Any]
    names: list[str]
    model: Any
    within: Any
    owns: list[int]


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    asked = json.loads(sys.stdin.buffer.read())
    document = train(asked["rows"], asked["confidence"], asked["least_precision"])
    sys.stdout.buffer.write(document)
    return 0


def train(rows: list[dict[str, Any]], confidence: float, least_precision: float) -> bytes:
    """The document; empty where no language has two queues with enough rows.

    Each row has `text` and `queue` (`triage`: it belongs to none), and may have `finer` and `ruled`.
    """
    headers, parts = {}, {}
    for language in READINGS:
        lesson = _lesson([row for row in rows if language_of(row["text"]) == language])
        if lesson is None:
            continue
        learned = _learn(lesson.texts, lesson.queues, lesson.finer, language)
        sure, measure = _measure(lesson, language, confidence, least_precision)
        headers[language] = LanguageHeader(
            queues=learned.names, owns=[*range(len(learned.names)), *learned.owns], sure=sure, measure=measure
        )
        parts[language] = _parts(learned)
    if not headers:
        return b""
    return pack(Header(format=FORMAT, confidence=confidence, languages=headers), parts)


def _lesson(rows: list[dict[str, Any]]) -> Lesson | None:
    strange = [row["text"] for row in rows if row["queue"] in NO_QUEUE]
    rows = [row for row in rows if row["queue"] not in NO_QUEUE][-MOST_ROWS:]
    often = {queue for queue, times in Counter(row["queue"] for row in rows).items() if times >= LEAST_ROWS}
    rows = [row for row in rows if row["queue"] in often]
    if len(often) < 2:
        return None
    queues = np.array([row["queue"] for row in rows])
    finer: Any = np.array([f"{row['queue']}\t{row.get('finer') or ''}" for row in rows])
    if len(set(finer)) > MOST_FINER or len(set(finer)) == len(often):
        finer = None
    return Lesson([row["text"] for row in rows], queues, finer, [row.get("ruled") for row in rows], strange[:2_000])


# --- learning ---------------------------------------------------------------------------------------------------------


def _learn(texts: Sequence[str], queues: Any, finer: Any, language: str) -> Learned:
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = [
        TfidfVectorizer(analyzer=_read(read), sublinear_tf=True, max_features=MOST_TERMS)
        for read in READINGS[language]
    ]  # fmt: skip
    features = hstack([vector.fit_transform(texts) for vector in vectors]).tocsr()
    model = _separate(features, queues)
    names = [str(name) for name in model.classes_]
    within, owns = None, list[int]()
    if finer is not None and len(set(finer)) > len(names):
        within = _separate(features, finer)
        owns = [names.index(str(kind).partition("\t")[0]) for kind in within.classes_]
    return Learned(vectors, names, model, within, owns)


def _separate(features: Any, labels: Any) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=1.0, random_state=0).fit(features, labels)


def _read(read: Any) -> Any:
    return lambda text: read(plain(text))


def _weigh(learned: Learned, texts: Sequence[str]) -> list[Evidence]:
    from scipy.sparse import hstack

    found = [vector.transform(texts) for vector in learned.vectors]
    features = hstack(found).tocsr()
    known = features.getnnz(axis=1)
    said = _said(learned.model, features)
    if learned.within is not None:
        said = np.hstack([said, _said(learned.within, features)])
    owns = np.array([*range(len(learned.names)), *learned.owns])
    weighed = []
    for no, text in enumerate(texts):
        total = sum(len(set(vector.analyzer(text))) for vector in learned.vectors)
        scores = scores_of(said[no], owns, len(learned.names))
        weighed.append(Evidence(scores, float(known[no]) / total if total else 0.0))
    return weighed


def _said(model: Any, features: Any) -> Any:
    said = model.decision_function(features)
    return np.column_stack([-said, said]) if said.ndim == 1 else said


def _parts(learned: Learned) -> tuple[list[list[str]], list[Any], Any, Any]:
    terms = [[str(term) for term in vector.get_feature_names_out()] for vector in learned.vectors]
    models = [learned.model] if learned.within is None else [learned.model, learned.within]
    weights = np.hstack([_both(model.coef_.T) for model in models])
    intercepts = np.concatenate([_both(np.atleast_2d(model.intercept_))[0] for model in models])
    return terms, [vector.idf_ for vector in learned.vectors], weights, intercepts


def _both(one: Any) -> Any:
    """Of two classes a linear model keeps the second only."""
    return np.hstack([-one, one]) if one.shape[1] == 1 else one


# --- measuring --------------------------------------------------------------------------------------------------------


def _measure(lesson: Lesson, language: str, confidence: float, least: float) -> tuple[list[float], Measure]:
    """Every case is guessed by a model that has not seen it; what makes a guess sure is learned from these."""
    from sklearn.model_selection import StratifiedKFold

    texts, queues = np.array(lesson.texts, dtype=object), lesson.queues
    guessed = np.empty(len(texts), dtype=object)
    seen = np.zeros((len(texts), 4))
    strange = []
    for fold, (rest, part) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, queues)):
        learned = _learn(texts[rest], queues[rest], None if lesson.finer is None else lesson.finer[rest], language)
        for place, evidence in zip(part, _weigh(learned, texts[part]), strict=True):
            guessed[place] = learned.names[int(evidence.scores.argmax())]
            seen[place] = signs(evidence)
        if mine := lesson.strange[fold::FOLDS]:
            strange += [signs(evidence) for evidence in _weigh(learned, mine)]
    right = guessed == queues
    foreign = _left_out(lesson, texts, language)
    sure, told, told_strange = _sureness(seen, right, np.array(strange + foreign), len(strange))
    answered = told >= confidence
    measure = Measure(
        rows=len(texts), first=float(right.mean()), answered=float(answered.mean()),
        right=float(right[answered].mean()) if answered.any() else None,
        strange=len(strange), strange_kept=int((told_strange < confidence).sum()),
        queues=_by_queue(lesson, guessed, answered, least),
    )  # fmt: skip
    return sure, measure


def _left_out(lesson: Lesson, texts: Any, language: str) -> list[list[float]]:
    """How cases look whose queue the model does not know: each queue's own, to a model of all the others."""
    found: list[list[float]] = []
    queues = sorted(set(lesson.queues))
    for queue in queues if len(queues) > 2 else []:
        others = lesson.queues != queue
        finer = None if lesson.finer is None else lesson.finer[others]
        learned = _learn(texts[others], lesson.queues[others], finer, language)
        found += [signs(evidence) for evidence in _weigh(learned, texts[~others][:100])]
    return found


def _sureness(seen: Any, right: Any, foreign: Any, strange: int) -> tuple[list[float], Any, Any]:
    """The weights of the signs; and how sure each case and each of the first `strange` foreign ones was, told by
    weights that were learned without it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    both = np.vstack([seen, foreign]) if len(foreign) else seen
    truth = np.concatenate([right, np.zeros(len(foreign))]).astype(int)
    if np.bincount(truth, minlength=2).min() < FOLDS:  # hardly ever wrong, or hardly ever right: nothing to learn
        told = 1.0 / (1.0 + np.exp(-np.hstack([both, np.ones((len(both), 1))]) @ np.array(UNTAUGHT)))
        return UNTAUGHT, told[: len(seen)], told[len(seen) : len(seen) + strange]
    weight = np.ones(len(both))
    weight[len(seen) :] = STRANGE_SHARE * len(seen) / max(1, len(foreign))
    told = np.zeros(len(both))
    for rest, part in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(both, truth):
        teller = LogisticRegression(C=10.0, max_iter=2_000).fit(both[rest], truth[rest], weight[rest])
        told[part] = teller.predict_proba(both[part])[:, 1]
    teller = LogisticRegression(C=10.0, max_iter=2_000).fit(both, truth, weight)
    sure = [*map(float, teller.coef_[0]), float(teller.intercept_[0])]
    return sure, told[: len(seen)], told[len(seen) : len(seen) + strange]


def _by_queue(lesson: Lesson, guessed: Any, answered: Any, least: float) -> dict[str, QueueMeasure]:
    ruled = np.array([rule or "" for rule in lesson.ruled], dtype=object)
    measured = {}
    for queue in sorted(set(map(str, lesson.queues))):
        mine, given, by_rule = lesson.queues == queue, answered & (guessed == queue), ruled == queue
        one = QueueMeasure(
            cases=int(mine.sum()), answered=int(given.sum()), right=int((given & mine).sum()),
            ruled=int(by_rule.sum()), ruled_right=int((by_rule & mine).sum()),
        )  # fmt: skip
        beats = one.precision is not None and one.precision > (one.rules_precision or 0.0)
        measured[queue] = one.model_copy(update={"used": beats and (one.precision or 0.0) >= least})
    return measured


if __name__ == "__main__":
    sys.exit(main())
