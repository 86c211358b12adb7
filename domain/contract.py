"""The contract policy: when legal reads a version, what a new version opens again, who signs, and who is reminded."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from domain.contract_term import TermRules
from domain.contract_version import VersionRules
from domain.document import PolicyDocument
from domain.legal import LegalRules
from domain.signing import SigningRules

DEFAULT: dict[str, Any] = {"engine": 1, "legal": {}, "versions": {}, "signing": {}, "term": {}}


class ContractPolicy(PolicyDocument):
    kind: ClassVar[str] = "contract"
    default: ClassVar[dict[str, Any]] = DEFAULT

    legal: LegalRules = Field(default_factory=LegalRules)
    versions: VersionRules = Field(default_factory=VersionRules)
    signing: SigningRules = Field(default_factory=SigningRules)
    term: TermRules = Field(default_factory=TermRules)
