"""Every setting of an installation, read once where a process starts and passed on from there."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = Path("/run/secrets")
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - to listen on; nobody can be sent there


class Settings(BaseSettings):
    """`THROUGHLINE_*` in the environment, or a file of that name (lower case) under /run/secrets.

    Temporal's address, namespace, TLS and API key are read by the Temporal SDK itself from `TEMPORAL_*`.
    """

    model_config = SettingsConfigDict(
        env_prefix="THROUGHLINE_",
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        extra="ignore",
    )

    home: Path = Field(Path(".throughline"), description="Data folder: databases, documents, keys, logs, mail.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    public_url: str | None = Field(None, description="How people reach the app; used for links in mail.")
    database_url: SecretStr | None = Field(
        None, description="A PostgreSQL server (postgresql://user@host/db); empty: the embedded one."
    )
    database_password: SecretStr | None = Field(None, description="Put into the URL when the URL has none.")
    secret_key: SecretStr | None = Field(
        None, description="32 bytes in base64; every other key is derived from it. Empty: made once under home."
    )
    task_queue: str = Field("throughline", description="Temporal task queue of the business processes.")
    kept_processes: int = Field(
        6_000, ge=0, description="Processes a worker keeps in memory, about 120 KB each; others are replayed first."
    )
    temporal_ui_url: str | None = Field(None, description="Where the Temporal UI listens, to stand behind /temporal.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Worker's own Prometheus port; 0: none.")

    company: str = Field("Throughline", description="The company's name, as customers see it.")
    legal_names: str | None = Field(
        None, description="What contracts call the company: its legal names in every language, separated by semicolons."
    )
    currency: str = Field("CNY", min_length=3, max_length=3, description="The company's currency, ISO 4217.")
    zone: str = Field("Asia/Shanghai", description="The company's time zone: business dates mean this zone.")
    country: str = Field("CN", pattern="^[A-Z]{2}$", description="What phone numbers without a country code mean.")
    language: Literal["zh_CN", "en"] = Field("zh_CN", description="Language where a person has chosen none.")

    form_rate: int = Field(
        20, ge=1, description="Enquiries a minute that one address may send through the public lead forms."
    )

    form_seconds: int = Field(
        2, ge=0, description="Seconds that filling in a public lead form takes a person at least; 0: not looked at."
    )

    intake_smtp_host: str = Field("127.0.0.1", description="Address that inbound mail is listened for on.")
    intake_smtp_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port for inbound mail (SMTP) that becomes leads; 0: none.",
    )
    intake_imap_url: SecretStr | None = Field(
        None, description="imaps://user:password@host:993/INBOX: a mailbox whose unread mail becomes leads."
    )
    intake_imap_every: int = Field(60, ge=1, description="Seconds between two looks into that mailbox.")

    service_address: str | None = Field(
        None, description="Address customers write to: support@example.com; empty: none."
    )
    service_smtp_host: str = Field("127.0.0.1", description="Address that mail to the service desk is listened for on.")
    service_smtp_port: int = Field(
        0, ge=0, le=65535, description="Port for mail (SMTP) to the service address, which becomes tickets; 0: none."
    )
    service_mail_mb: int = Field(25, ge=1, le=100, description="The largest mail taken there, in MiB.")
    service_imap_url: SecretStr | None = Field(
        None, description="imaps://user:password@host:993/INBOX: a mailbox whose unread mail becomes tickets."
    )
    service_imap_every: int = Field(60, ge=1, description="Seconds between two looks into that mailbox.")
    service_rate: int = Field(60, ge=1, description="Mails an hour from one sender that become tickets; more are kept.")
    service_answers: int = Field(3, ge=0, description="Automatic answers an hour to one sender; 0: none at all.")

    smtp_url: SecretStr | None = Field(
        None, description="smtp://user:password@host:587 (STARTTLS) or smtps://...; empty: .eml files under home/mail."
    )
    mail_from: str = Field("throughline@localhost", description="Sender of the app's mail.")
    export_keep: timedelta = Field(
        timedelta(days=7), ge=timedelta(seconds=1), description="How long the file of an export is kept (ISO 8601)."
    )
    import_keep: timedelta = Field(
        timedelta(days=7),
        ge=timedelta(seconds=1),
        description="How long a file to import is kept that is not needed any more, and an import that nobody begins.",
    )
    mail_link_days: int = Field(
        14, ge=0, le=90, description="Days in which a mail's link lets its reader decide without signing in; 0: none."
    )

    signing_pkcs12: Path | None = Field(
        None, description="A company's own PKCS#12 that contracts are signed with; empty: an authority made under home."
    )
    signing_pkcs11: Path | None = Field(
        None, description="The PKCS#11 library of a company's token or HSM, which signs every contract instead."
    )
    signing_token: str | None = Field(None, description="Label of the token; empty: the first one there is.")
    signing_key: str | None = Field(None, description="Label of key and certificate on it; empty: there is one only.")
    signing_passphrase: SecretStr | None = Field(None, description="Of that PKCS#12, or the token's PIN.")

    webhook_private: bool = Field(
        False, description="Lets outgoing webhooks reach private and loopback addresses: systems in the same network."
    )

    durability: Literal["full", "normal"] = Field(
        "full", description="Embedded Temporal: full survives a power cut; normal is for tests and demos."
    )
    development: bool = Field(False, description="Shows /ui/kit and reloads templates.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")

    @property
    def names(self) -> list[str]:
        """What the company is called, its legal names first."""
        said = self.legal_names or ""
        return [*filter(None, map(str.strip, said.replace("；", ";").split(";"))), self.company]

    @cached_property
    def base_url(self) -> str:
        host = "localhost" if self.host in EVERY_ADDRESS else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether people reach the app over https, so cookies may be marked Secure."""
        return self.base_url.startswith("https://")
