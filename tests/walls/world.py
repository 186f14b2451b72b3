"""Everybody who might ask, each in a known relation to one case, and one of every thing an address can name."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from apiflask import APIFlask
from flask import session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select, update
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from core.crypto import place
from core.machines import Machines
from core.models.arrivals import attachments
from core.models.cases import cases
from core.models.likeness import hotspot_cases, hotspots
from core.models.people import accounts, identities, people, posts, units
from core.models.record import letters
from core.models.upward import upward_rows
from core.ports import Ticket
from core.register import Amend
from tests.clock import StillClock
from tests.webapp.town import Town, build
from webapp import create_app
from webapp.sessions import CONFIRMED, Sessions

READERS: Mapping[str, str] = {
    # column of the tables → login; how each stands to the case is in the tables' own header
    "nobody": "", "no_post": "gone", "half": "system", "token": "",
    "dispatcher": "desk", "desk_head": "head", "caller": "caller",
    "lead": "water", "lead_head": "water_head", "deputy": "water_deputy",
    "below": "river", "support": "street", "registrar": "housing",
    "stranger": "market", "strange_head": "market_head", "strange_deputy": "market_deputy",
    "contact": "contact", "far_contact": "far_contact", "leader": "leader", "far_leader": "far_leader",
    "system": "system", "security": "security", "audit": "audit",
}  # fmt: skip
FURTHER = (
    # login, name, unit, role, title, units in charge
    ("water_head", "林树恒", "water", "unit_head", "局长", ()),
    ("water_deputy", "吴清才", "water", "deputy_head", "副局长", ()),
    ("street", "冯玉莲", "street", "unit_clerk", "专办员", ()),
    ("market", "庞学海", "market", "unit_clerk", "专办员", ()),
    ("market_head", "曾繁茂", "market", "unit_head", "局长", ()),
    ("market_deputy", "符惠英", "market", "deputy_head", "副局长", ()),
    ("contact", "黎少芬", "district", "contact_person", "区领导联系人", ("water",)),
    ("far_contact", "邢增美", "district", "contact_person", "区领导联系人", ("market",)),
    ("far_leader", "郑有为", "district", "district_leader", "副区长", ("market",)),
    ("gone", "云惟康", "", "", "", ()),
)
TITLE, MISSING = "荣山河口垃圾堆放无人清运", "XYZJ20260309999999"
JOINT_TITLE, PLAN_TITLE = "滨海大道逢雨积水", "荣山河排口巡查"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `{…}` in path and form stand for what the world holds; `{own_photo}` is the reader's own link."""

    method: str
    path: str
    form: Mapping[str, str]


class World:
    """The console over the town, a case, and whatever else an address may name; put back after every change."""

    def __init__(self, url: str, clock: StillClock, **web: Any) -> None:
        self.core, self._tokens = build(url, clock, **web), count()
        self.town = Town(self.core, clock)
        self.app: APIFlask = create_app(self.core)
        self.sessions: Sessions = self.app.extensions["sessions"]
        self.persons = self._people()
        self.no, self.values = self._things()
        with self.app.test_request_context():
            self.csrf, kept = generate_csrf(), dict(session)
        self._form_cookie = self.app.session_interface.get_signing_serializer(self.app).dumps(kept)  # type: ignore[attr-defined]
        secret = Machines(self.core.engine, self.core.vault).add_client("province", "省平台")
        self.bearer = Machines(self.core.engine, self.core.vault).grant("province", secret).token
        self._file = str(self.core.engine.url.database)
        self._kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self._file)) as now:
            now.backup(self._kept)

    def put_back(self) -> None:
        """The database as it was before anybody asked."""
        with closing(sqlite3.connect(self._file)) as now:
            self._kept.backup(now)
        self.core.forget()

    def close(self) -> None:
        self._kept.close()
        self.core.engine.dispose()

    def client(self, reader: str) -> FlaskClient:
        """A browser, or a program, with what this reader holds: a session, half a session, a token, or nothing."""
        client = self.app.test_client()
        place_of_column = list(READERS).index(reader) + 1
        client.environ_base = {**client.environ_base, "REMOTE_ADDR": f"10.8.{place_of_column}.1"}
        secure = bool(self.core.settings.web.secure_cookies)
        client.set_cookie("__Host-form" if secure else "form", self._form_cookie, secure=secure)
        if reader == "token":
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.bearer}"
        if login := READERS[reader]:
            passed = CONFIRMED if login in ("system", "security", "audit") else None
            passed = "0" * 64 if reader == "half" else passed
            token = self.sessions.open(self.persons[login], confirm=passed)
            client.set_cookie(self.sessions.cookie, token, secure=secure)
        return client

    def ask(self, reader: str, ask: Ask) -> TestResponse:
        """The request as this reader sends it, with the form's own tokens."""
        client, values = self.client(reader), {**self.values, "own_photo": self.photo_link(reader)}
        path = ask.path.format(**values)
        if ask.method == "GET":
            return client.get(path, buffered=True)
        form = {name: value.format(**values) for name, value in ask.form.items()}
        if path.startswith(("/api/", "/hooks/")):
            return client.open(path, method=ask.method, json=form, buffered=True)
        return client.open(
            path,
            method=ask.method,
            data={"csrf_token": self.csrf, "token": f"t{next(self._tokens):023d}", **form},
            buffered=True,
        )

    def answers(self, address: str, method: str) -> bool:
        """Whether some route takes this method at this address."""
        try:
            self.app.url_map.bind("localhost").match(address, method)
        except HTTPException:
            return False
        return True

    def photo_link(self, reader: str) -> str:
        signer = URLSafeTimedSerializer(self.app.secret_key or "", salt="photo")
        return str(signer.dumps([self.values["case"], "t1", self.persons.get(READERS[reader], 0)]))

    def actor(self, reader: str) -> Any:
        return self.core.actor_for("web", READERS[reader])

    def _people(self) -> dict[str, int]:
        with self.core.engine.begin() as tx:
            unit = {row.code: row.id for row in tx.execute(select(units.c.code, units.c.id))}
            password = tx.execute(select(accounts.c.password_hash).limit(1)).scalar_one()
            for login, name, where, role, title, charge in FURTHER:
                row = {"code": login, "name": name, "phone_sealed": None, "phone_index": None, "active": True}
                person = tx.execute(insert(people).values(**row).returning(people.c.id)).scalar_one()
                if where:
                    held = {"unit_id": unit[where], "role": role, "title": title, "active": True}
                    held["in_charge"] = {"units": [unit[code] for code in charge]} if charge else {}
                    tx.execute(insert(posts).values(person_id=person, **held))
                for channel in ("web", "dingtalk"):
                    known = {"person_id": person, "channel": channel, "outside_id": login, "post_id": None}
                    tx.execute(insert(identities).values(**known))
                tx.execute(insert(accounts).values(person_id=person, login=login, password_hash=password, active=True))
            found = {row.code: row.id for row in tx.execute(select(people.c.code, people.c.id))}
        self.core.forget()
        return found

    def _things(self) -> tuple[str, dict[str, Any]]:
        """The case: registered by housing, led by water, passed down to the river station, with the street beside."""
        town, core = self.town, self.core
        ticket = Ticket("", 1, "ZJ", "complain", TITLE, "天热有味道，附近住户开不了窗。", "荣山河口步道")
        case = core.register("walls:1", ticket, town.actor("housing"), "web").case
        town.act("desk", case, "dispatch", lead="water", support="海秀街道")
        town.act("water", case, "pass_down", town.leg("water", case), lead="river")
        with core.engine.begin() as tx:
            no, seq = tx.execute(select(cases.c.no, cases.c.seq).where(cases.c.id == case)).one()
            letter = tx.execute(select(letters.c.id).order_by(letters.c.id)).scalars().first()
            tx.execute(
                update(letters).where(letters.c.id == letter).values(state="dead", error="对方查无此人", tries=3)
            )
            sealed = core.cipher.seal("/9j/2Q==", place("attachments", "sealed", "t1"))
            photo = {"token": "t1", "key": "k1", "case_id": case, "draft_id": None, "person_id": 1}
            photo |= {"kind": "image/jpeg", "size": 4, "sealed": sealed, "at": town.clock.now()}
            tx.execute(insert(attachments), photo)
            spot = self._spot(tx, case)
        view = core.desk.keep(town.actor("desk"), "荣山河口", {"list": "all"})
        sheet = core.arrivals.imports.bring(
            town.actor("desk"), "登记.csv", "标题,内容,地点\n积水,路面积水,港口路\n".encode()
        )
        town.clock.advance(minutes=2)
        while core.measures.fold():
            pass
        return no, self._joint() | self._patrol() | self._came_in(case) | self._briefings() | {
            "no": no, "missing": MISSING, "case": case, "seq": seq, "letter": letter, "spot": spot, "view": view.id,
            "sheet": sheet, "title": TITLE, "photo": "x", "today": town.clock.now().date().isoformat(),
            "unit": self._unit("water"),
        }  # fmt: skip

    def _joint(self) -> dict[str, Any]:
        """A joint order: 水务局 raises the flag and calls 海秀街道, which has not answered yet."""
        form = {
            "title": JOINT_TITLE, "flag_kind": "water", "flag_reason": "beyond_us", "matter": "查清积水原因并排除",
            "units": "海秀街道", "meet_at": "3月30日 15:00", "place": "滨海大道公交站",
        }  # fmt: skip
        done = self.core.joints.raise_flag("walls:flag", form, self.town.actor("water"), "web")
        view = self.core.joints.view(self.town.actor("water"), done.case)
        return {"joint": done.no, "joint_seq": view.seq, "joint_title": JOINT_TITLE, "joint_leg": view.legs[0].id}

    def _patrol(self) -> dict[str, Any]:
        """A plan of 水务局 that its clerk walks every day, and the walk of today."""
        clerk = self.town.actor("water")
        form = {
            "title": PLAN_TITLE, "place": "荣山河", "look_for": "排口", "weekdays": "1,2,3,4,5,6,7", "dates": "",
            "walkers": str(clerk.post), "valid_from": self.town.clock.now().date().isoformat(), "valid_to": "",
        }  # fmt: skip
        plan = self.core.registers.write(Amend("walls:plan", "patrol", "add", "", form, clerk, "")).no
        self.core.patrols.lay_out()
        return {"plan": plan, "walk": self.core.patrols.today(clerk).walks[0].id, "plan_title": PLAN_TITLE}

    def _briefings(self) -> dict[str, Any]:
        """A draft of today, and what was submitted of the day before."""
        today, head = self.town.clock.now().date(), self.town.actor("head")
        told = self.core.briefings.begin(head, "day", today - timedelta(days=1))
        filed = self.core.briefings.submit(head, told, self.core.briefings.draft(head, told).seq, {"summary": "平稳。"})
        draft = self.core.briefings.begin(head, "day", today)
        return {"draft": draft, "draft_seq": self.core.briefings.draft(head, draft).seq, "briefing": filed}

    def _came_in(self, case: int) -> dict[str, Any]:
        """A list of people waiting for a yes, and a row the provincial platform refused."""
        sheet = "人员代码,姓名,手机,单位,角色,职务\nwang_xm,王小明,19900007777,水务局,经办人,专办员\n".encode()
        made = self.core.rosters.bring(self.town.actor("system"), "名单.csv", sheet)
        row = {
            "resource": "cases", "number": "walls", "case_id": case, "revision": 1, "digest": "0" * 64,
            "state": "failed", "acknowledged": 0, "error": "字段缺失", "changed_at": self.town.clock.now(),
        }  # fmt: skip
        with self.core.engine.begin() as tx:
            pushed = tx.execute(insert(upward_rows).values(**row).returning(upward_rows.c.id)).scalar_one()
        return {"roster": made, "pushed": pushed}

    def _unit(self, code: str) -> int:
        return self.core.directory().by_word[code]

    def _spot(self, tx: Any, case: int) -> int:
        now = self.town.clock.now()
        row = {
            "name": "荣山河口 垃圾", "words": {"words": ["荣山河口", "垃圾"]}, "current": True, "level": "yellow",
            "found_at": now - timedelta(days=1), "seen_at": now, "warning": "proposed", "warned_level": "yellow",
        }  # fmt: skip
        spot: int = tx.execute(insert(hotspots).values(**row).returning(hotspots.c.id)).scalar_one()
        tx.execute(insert(hotspot_cases).values(hotspot_id=spot, case_id=case))
        return spot
