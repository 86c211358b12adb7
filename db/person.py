"""People, the units they belong to, and how they sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


class OrgUnit(Base):
    """A node of the tree company > region > team; a person reaches the regions at or below their unit."""

    __tablename__ = "org_unit"

    id: Mapped[Id] = mapped_column(default=new_id)
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    kind: Mapped[str]  # company, region, team
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    head_id: Mapped[Ref | None]


class Person(Base):
    __tablename__ = "person"

    id: Mapped[Id] = mapped_column(default=new_id)
    email: Mapped[str] = mapped_column(unique=True)  # lower case; what one signs in with
    name: Mapped[str]
    name_en: Mapped[str | None]
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("org_unit.id"), index=True)
    manager_id: Mapped[Ref | None] = mapped_column(ForeignKey("person.id"))
    language: Mapped[str | None]  # zh_CN, en; none: as the browser asks
    zone: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="auto")  # auto, light, dark
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted; set when the second factor is on
    totp_last: Mapped[int | None]  # the last time step used, so that a code works once
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class PersonRole(Base):
    __tablename__ = "person_role"

    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_person_role_role", "role"),)


class Session(Base):
    """A browser that signed in. The cookie's value is kept only as its hash."""

    __tablename__ = "session"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    seen_at: Mapped[Instant] = mapped_column(server_default=func.now())
    expires_at: Mapped[Instant]
    agent: Mapped[str | None]


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[Id] = mapped_column(default=new_id)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
