"""Trains the text model in a child process of its own, with limits, so that no text takes the worker down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from domain.refusal import Refused

CONFIDENCE, LEAST_PRECISION = 0.6, 0.8
WALL_SECONDS = 300
_OURS = Path(__file__).parents[1]


class Case(BaseModel):
    """A text and the queue it had in the end; `triage`: it belongs to none. `finer` is the kind within the queue,
    `ruled` the queue the rules would have given."""

    text: str
    queue: str
    finer: str | None = None
    ruled: str | None = None


def train_model(
    cases: Iterable[Case], confidence: float = CONFIDENCE, least_precision: float = LEAST_PRECISION
) -> bytes:
    """The model's document; empty where there is too little to learn from. Blocks for up to minutes.

    Raises Refused (422) `ticket_training_failed` where it took more time or memory than it may.
    """
    asked = {
        "rows": [case.model_dump(exclude_none=True) for case in cases],
        "confidence": confidence, "least_precision": least_precision,
    }  # fmt: skip
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "VIRTUAL_ENV") if name in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "activities.ticket_model_child"],
            input=json.dumps(asked).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_OURS,
            env=kept | threads | {"PYTHONPATH": str(_OURS), "PYTHONUTF8": "1"}, timeout=WALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused("ticket_training_failed", 422) from None
    if child.returncode != 0:
        raise Refused("ticket_training_failed", 422)
    return child.stdout
