"""Alive and ready: what a process manager and a balancer ask, without any fact about a person."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import structlog
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from core.models.record import audit_log
from webapp.auth import PUBLIC, audience
from webapp.context import the_core

MIGRATIONS = Path(__file__).parents[1] / "migrations"
health = Blueprint("health", __name__)
log = structlog.get_logger(__name__)


@health.get("/healthz")
@audience(PUBLIC)
def healthz() -> Response:
    return jsonify(alive=True)


@health.get("/readyz")
@audience(PUBLIC)
def readyz() -> Response:
    """200 when the database answers, its schema is the one of this code, and the log takes an entry; else 503.

    `late_letters`: how many letters wait longer than they may (G6), for whoever watches the place; they make no page
    unready.
    """
    checks = {"database": False, "schema": False, "log": False}
    late = None
    try:
        _look(the_core().engine, checks)
        late = found.count if (found := the_core().late_letters()) else 0
    except SQLAlchemyError as error:
        log.warning("not ready", checks=checks, error=type(error).__name__)
    ready = all(checks.values())
    response = make_response(jsonify(ready=ready, checks=checks, late_letters=late), 200 if ready else 503)
    if not ready:
        response.headers["Retry-After"] = "5"
    return response


def _look(engine: Engine, checks: dict[str, bool]) -> None:
    with engine.connect() as tx:
        last = tx.execute(select(func.max(audit_log.c.seq))).scalar() or 0
        checks["database"] = True
        checks["schema"] = MigrationContext.configure(tx).get_current_revision() == _newest()
        # Tried for real and taken back: a log that cannot be written stops every act (control G4).
        tx.execute(insert(audit_log).values(seq=last + 1_000_000_000, **_trial()))
        checks["log"] = True
        tx.rollback()


def _trial() -> dict[str, object]:
    words = dict.fromkeys(("channel", "address", "action", "object", "result", "reason", "reference"), "")
    return {"at": datetime.now(UTC), **words, "event_hash": "", "mac": ""}


@cache
def _newest() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() if MIGRATIONS.is_dir() else None
