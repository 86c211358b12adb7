"""The text model that guesses a ticket's queue: what training left of it, and how it guesses, in plain arithmetic.

It is kept as a `.npz` of numbers and one JSON header, and read without unpickling anything.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from domain.refusal import Refused
from domain.routing import Guess
from domain.ticket_text import READINGS, language_of, plain

FORMAT = 1
GUESSES = 3
MOST_BYTES = 200 * 1024 * 1024
"""Of a model when unpacked."""
SHARPNESS = 2.0
"""What scores are multiplied by before they are made shares of one."""

Floats = NDArray[np.float32]


class QueueMeasure(BaseModel):
    """How the model did for one queue on tickets it had not seen, at the chosen confidence.

    `cases` had this queue in the end; `answered` were given to it by the model, `right` of them rightly. `ruled` were
    given to it by the rules, `ruled_right` rightly. `used`: whether the model may give tickets to it.
    """

    cases: int
    answered: int = 0
    right: int = 0
    ruled: int = 0
    ruled_right: int = 0
    used: bool = False

    @property
    def precision(self) -> float | None:
        return self.right / self.answered if self.answered else None

    @property
    def rules_precision(self) -> float | None:
        return self.ruled_right / self.ruled if self.ruled else None


class Measure(BaseModel):
    """One language, cross-validated. `first` is the share whose best guess was right, `answered` that of those sure
    enough, `right` that of these which were right; `strange` are cases that belong to no queue, `strange_kept` those
    of them that would have gone to triage."""

    rows: int
    first: float
    answered: float
    right: float | None
    strange: int = 0
    strange_kept: int = 0
    queues: dict[str, QueueMeasure]


class LanguageHeader(BaseModel):
    """`owns` is the place of the queue that each column of the weights speaks for; `level` how many of them, from the
    first, are the queues themselves: the others are finer kinds within them. `sure` weighs what makes a guess sure."""

    queues: list[str]
    owns: list[int]
    sure: list[float]
    measure: Measure


class Header(BaseModel):
    format: int
    confidence: float
    languages: dict[str, LanguageHeader]


class Block(NamedTuple):
    """One reading of the text: each term's place among the features, and its weight."""

    read: Callable[[str], list[str]]
    places: Mapping[str, int]
    idf: Floats
    start: int


class Evidence(NamedTuple):
    """What is said for each queue, and how much of the text was known."""

    scores: Floats
    known: float


class LanguageModel:
    def __init__(self, header: LanguageHeader, blocks: list[Block], weights: Floats, intercepts: Floats) -> None:
        self.header = header
        self._blocks = blocks
        self._weights = weights
        self._intercepts = intercepts
        self._owns = np.array(header.owns)

    def guess(self, text: str) -> list[Guess]:
        """The best queues, the likeliest first. The first one's confidence is how often such a guess is right."""
        evidence = self.weigh(plain(text))
        shares = softmax(evidence.scores)
        best = [int(place) for place in np.argsort(-evidence.scores)[:GUESSES]]
        first = sureness(evidence, self.header.sure)
        left = max(0.0, 1.0 - float(shares[best[0]]))
        found = [Guess(queue=self.header.queues[best[0]], confidence=round(first, 4))]
        for place in best[1:]:
            share = (1.0 - first) * float(shares[place]) / left if left else 0.0
            found.append(Guess(queue=self.header.queues[place], confidence=round(min(first, share), 4)))
        return found

    def weigh(self, text: str) -> Evidence:
        places: list[int] = []
        values: list[float] = []
        total = known = 0
        for block in self._blocks:
            counted = Counter(block.read(text))
            total += len(counted)
            at = [(block.places[term], times) for term, times in counted.items() if term in block.places]
            known += len(at)
            weighed = [(1.0 + math.log(times)) * float(block.idf[place]) for place, times in at]
            length = math.sqrt(sum(value * value for value in weighed)) or 1.0
            places += [block.start + place for place, _ in at]
            values += [value / length for value in weighed]
        said = self._intercepts.copy()
        if places:
            said += np.array(values, dtype=np.float32) @ self._weights[places]
        return Evidence(scores_of(said, self._owns, len(self.header.queues)), known / total if total else 0.0)


class TicketModel:
    """Models by language; a text in a language there is none for has no guesses."""

    def __init__(self, header: Header, languages: dict[str, LanguageModel]) -> None:
        self.header = header
        self._languages = languages

    def guess(self, text: str) -> list[Guess]:
        model = self._languages.get(language_of(text))
        return model.guess(text) if model and text.strip() else []

    def measures(self, text: str) -> dict[str, QueueMeasure]:
        """How the model of this text's language did, by queue."""
        model = self._languages.get(language_of(text))
        return model.header.measure.queues if model else {}


def scores_of(said: Floats, owns: NDArray[Any], queues: int) -> Floats:
    """What is said for each queue: for the queue itself, and for the likeliest finer kind within it."""
    scores = said[:queues].astype(np.float32)
    if len(said) > queues:
        finer = np.full(queues, -np.inf, dtype=np.float32)
        np.maximum.at(finer, owns[queues:], said[queues:])
        scores = scores + np.where(np.isfinite(finer), finer, -1.0).astype(np.float32)
    return scores


def softmax(scores: Floats) -> Floats:
    raised = np.exp(SHARPNESS * (scores - scores.max()))
    shares: Floats = raised / raised.sum()
    return shares


def signs(evidence: Evidence) -> list[float]:
    """What tells whether the best guess is right: its share, its score, its lead, and how much of the text is known."""
    ordered = np.sort(evidence.scores)
    share = min(max(float(softmax(evidence.scores).max()), 1e-6), 1 - 1e-6)
    lead = float(ordered[-1] - ordered[-2]) if len(ordered) > 1 else 0.0
    return [math.log(share / (1 - share)), float(ordered[-1]), lead, evidence.known]


def sureness(evidence: Evidence, sure: list[float]) -> float:
    """`sure`: a weight for each of the signs, and then the level."""
    said = sum(weight * sign for weight, sign in zip(sure, [*signs(evidence), 1.0], strict=True))
    return 1.0 / (1.0 + math.exp(-max(min(said, 50.0), -50.0)))


# --- as a document ----------------------------------------------------------------------------------------------------


def pack(header: Header, parts: Mapping[str, tuple[list[list[str]], list[Floats], Floats, Floats]]) -> bytes:
    """The document. `parts` gives each language its terms and their weights by reading, the weights, the intercepts."""
    arrays: dict[str, NDArray[Any]] = {"header": np.frombuffer(header.model_dump_json().encode(), dtype=np.uint8)}
    for language, (terms, idf, weights, intercepts) in parts.items():
        for no, (listed, weighed) in enumerate(zip(terms, idf, strict=True)):
            arrays[f"{language}.terms.{no}"] = np.frombuffer("\n".join(listed).encode(), dtype=np.uint8)
            arrays[f"{language}.idf.{no}"] = weighed.astype(np.float32)
        arrays[f"{language}.weights"] = weights.astype(np.float16)
        arrays[f"{language}.intercepts"] = intercepts.astype(np.float32)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type] # the stub takes its own option for an array
    return file.getvalue()


def unpack(document: bytes) -> TicketModel:
    """Raises Refused (422) `ticket_model_unreadable` for whatever is no such document, or a newer one."""
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as outer:
            if sum(entry.file_size for entry in outer.infolist()) > MOST_BYTES:
                raise ValueError("too large when unpacked")
        with np.load(io.BytesIO(document), allow_pickle=False) as arrays:
            header = Header.model_validate_json(bytes(arrays["header"]))
            if header.format != FORMAT:
                raise ValueError("another format")
            return TicketModel(header, {code: _language(code, header, arrays) for code in header.languages})
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, ValidationError, NotImplementedError) as error:
        raise Refused("ticket_model_unreadable", 422) from error


def _language(code: str, header: Header, arrays: Any) -> LanguageModel:
    said = header.languages[code]
    blocks: list[Block] = []
    start = 0
    for no, read in enumerate(READINGS[code]):
        terms = bytes(arrays[f"{code}.terms.{no}"]).decode().split("\n")
        idf = arrays[f"{code}.idf.{no}"]
        if len(idf) != len(terms):
            raise ValueError("terms and their weights differ in number")
        blocks.append(Block(read, {term: place for place, term in enumerate(terms)}, idf, start))
        start += len(terms)
    weights = arrays[f"{code}.weights"].astype(np.float32)
    intercepts = arrays[f"{code}.intercepts"]
    whole = weights.shape == (start, len(said.owns)) and intercepts.shape == (len(said.owns),)
    if not whole or len(said.sure) != 5 or not set(said.owns) <= set(range(len(said.queues))):
        raise ValueError("the parts do not fit each other")
    return LanguageModel(said, blocks, weights, intercepts)
