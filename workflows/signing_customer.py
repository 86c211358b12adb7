"""The other party's side of a signing, after ours."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.signing_desk import SigningDesk


class SigningCustomer(SigningDesk):
    async def customer_signs(self) -> None:
        """Runs while the stage is `with_customer`, and leaves with another one (see `finish`)."""
        self.finish("signed")
