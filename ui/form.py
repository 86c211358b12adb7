"""What was wrong with a form that is shown again."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.requests import Request

from api.language import language_of
from api.problem import faults_of, worded
from domain.file_type import TYPES
from domain.refusal import Refused

FILE_KINDS = ",".join(f".{ending}" for ending in TYPES)
"""What a browser offers to choose from: a telephone then sends its pictures as JPEG, too."""


def mistakes(request: Request, error: Refused | ValidationError) -> dict[str, str]:
    """The sentence for each field at fault, in the reader's language; under "" what concerns the whole form."""
    if isinstance(error, Refused):
        return {error.field or "": worded(request, error)}
    return {fault.field.partition(".")[0]: fault.detail for fault in faults_of(error, language_of(request))}
