"""A company's key on a hardware token or in an HSM, through its maker's PKCS#11 library: it signs there and never
leaves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509
from pkcs11 import Attribute, ObjectClass, Session
from pkcs11.exceptions import PKCS11Error
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import open_pkcs11_session

from settings import Settings

_ONE_AT_A_TIME = threading.Lock()
"""Signing in to a token counts for the whole program, not for one session."""


class UnusableToken(Exception):
    """The message says what is missing, or what the token's library said."""


class Token:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library = str(settings.signing_pkcs11)
        self._library = str(settings.signing_pkcs11)
        self.label = settings.signing_key

    @contextmanager
    def opened(self) -> Iterator[Session]:
        """Raises UnusableToken."""
        label, secret = self._settings.signing_token, self._settings.signing_passphrase
        wanted = TokenCriteria(label=label) if label else None
        pin = secret.get_secret_value() if secret else None
        with _ONE_AT_A_TIME:
            try:
                with open_pkcs11_session(self._library, token_criteria=wanted, user_pin=pin) as session:
                    yield session
            except (PKCS11Error, RuntimeError) as error:
                # The library's errors often have no words, only a name.
                raise UnusableToken(f"{self._library}: {str(error) or type(error).__name__}") from error

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The signing one, then those above it as far as the token has them. Raises UnusableToken."""
        with self.opened() as session:
            found = [
                (str(one[Attribute.LABEL]), x509.load_der_x509_certificate(bytes(one[Attribute.VALUE])))
                for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
            ]
        own = [certificate for label, certificate in found if self.label in (None, label)]
        if len(own) != 1:
            said = f"has {len(own)} certificates{f' called {self.label}' if self.label else ''}, not one"
            raise UnusableToken(f"{self._library}: the token {said}.")
        chain = own
        while above := [one for _, one in found if one.subject == chain[-1].issuer and one not in chain]:
            chain.append(above[0])
        return tuple(chain)
