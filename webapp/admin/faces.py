"""证照版面: the kinds of licence, the designer of their faces with its preview, versions, print pages (R187, R188)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for

from core.errors import Refusal
from core.face_versions import FaceVersion
from core.policy.arrivals import MEGA, arrival_rules
from core.policy.faces import KINDS
from core.policy.licences import LicenceType, licence_types
from core.policy.registers import load_registers
from core.register import Amend
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import words_asked

REGISTER = "licence_face"
JPEG, PDF = "image/jpeg", "application/pdf"
FRAME_WORDS = {"none": "无", "plain": "单线", "double": "双线", "wave": "波纹", "key": "回纹"}
FONT_WORDS = {"serif": "宋体", "sans": "黑体"}
ALIGN_WORDS = {"left": "左对齐", "centre": "居中", "right": "右对齐"}
MOST = arrival_rules().photo.most_bytes + MEGA
faces = Blueprint("faces", __name__, url_prefix="/licence-faces")


@faces.get("")
@audience("faces")
def index() -> str:
    """Every kind of licence with the version of its face in force."""
    (words, _), groups = words_asked(), list(dict.fromkeys(one.group for one in licence_types().values()))
    group = request.args.get("group", "")
    group = group if group in groups else ""
    lines = the_core().faces.listed(words.strip(), group)
    return render_template("faces.html", lines=lines, groups=groups, group=group, words=words)


@faces.get("/<key>")
@audience("faces")
def one(key: str) -> str:
    """The designer, filled with the version in force or with the one asked for."""
    kind = the_core().faces.kind(key[:60])
    wanted = request.args.get("version")
    return _designer(kind, the_core().faces.version(kind, number(wanted, 0) if wanted else None))


@faces.post("/<key>")
@audience("faces")
def save(key: str) -> Response:
    """A new version, from the day it names; a refusal brings the designer back as it was."""
    core, actor, form = the_core(), the_actor(), request.form
    kind = core.faces.kind(key[:60])
    values = {"kind": kind.key, **{name: form.get(name, "") for name in ("layout", "form", "valid_from")}}
    command = Amend(form_key(), REGISTER, "add", "", values, actor, form.get("reason", ""))
    try:
        done = core.registers.write(command)
    except Refusal as refusal:
        core.note_refusal(actor, f"{REGISTER}.add", f"{REGISTER}:{kind.key}", refusal)
        draft = FaceVersion(-1, None, "draft", values["layout"], values["form"])
        return make_response(_designer(kind, draft, said=str(refusal)), refusal.status)
    flash(f"{done.sentence}，{values['valid_from'] or '今天'}起启用。")
    return make_response(redirect(url_for("faces.one", key=kind.key), 303))


@faces.post("/<key>/preview")
@audience("faces")
def preview(key: str) -> Response:
    """The face as it is being designed, with invented values; a POST, though nothing changes: a layout is long."""
    core, form = the_core(), request.form
    kind = core.faces.kind(key[:60])
    try:
        raw = core.faces.preview(
            kind, form.get("layout", ""), form.get("form", ""), the_actor(), side=form.get("side", ""),
            many=form.get("many") == "yes", public=form.get("public") == "yes",
        )  # fmt: skip
    except Refusal as refusal:
        return make_response(jsonify(message=str(refusal)), refusal.status)
    return as_file(raw, JPEG, "preview.jpg")


@faces.post("/<key>/picture")
@audience("faces")
@takes_files(MOST)
def picture(key: str) -> Response:
    """Take in a background; the answer names it."""
    core, actor, sent = the_core(), the_actor(), request.files.get("picture")
    core.faces.kind(key[:60])
    try:
        digest = core.faces.keep_picture(actor, sent.read(arrival_rules().photo.most_bytes + 1) if sent else b"")
    except Refusal as refusal:
        core.note_refusal(actor, "face_picture.kept", f"{REGISTER}:{key[:40]}", refusal)
        return make_response(jsonify(message=str(refusal)), refusal.status)
    return jsonify(picture=digest)


@faces.get("/<key>/versions/<int:version>.jpg")
@audience("faces")
def drawn(key: str, version: int) -> Response:
    """A version drawn with invented values."""
    core = the_core()
    kind = core.faces.kind(key[:60])
    made = core.faces.version(kind, version)
    return as_file(core.faces.preview(kind, made.layout, made.form, the_actor()), JPEG, f"{kind.key}-{version}.jpg")


@faces.get("/<key>/form.pdf")
@audience("faces")
def form_page(key: str) -> Response:
    """Invented values on this kind's pre-printed paper, by the version in force and the offsets of a printer."""
    from core.licence_faces.sample import sample_code, sample_values

    core, printer = the_core(), request.args.get("printer")
    kind = core.faces.kind(key[:60])
    raw = core.faces.form_page(sample_values(kind), number(printer, 0) if printer else None, sample_code())
    return as_file(raw, PDF, f"{kind.key}-form.pdf")


@faces.get("/<key>/trial.pdf")
@audience("faces")
def trial(key: str) -> Response:
    """The page with crosses, to measure how far a printer is off."""
    core, printer = the_core(), request.args.get("printer")
    raw = core.faces.trial_page(core.faces.kind(key[:60]), number(printer, 0) if printer else None)
    return as_file(raw, PDF, "trial.pdf")


def as_file(raw: bytes, kind: str, name: str) -> Response:
    """A picture or a page to look at, under a name of ours."""
    response = make_response(raw)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _designer(kind: LicenceType, version: FaceVersion, said: str = "") -> str:
    core, actor = the_core(), the_actor()
    words = {
        "kinds": dict(KINDS), "frames": FRAME_WORDS, "fonts": FONT_WORDS, "aligns": ALIGN_WORDS,
        "fields": {
            **{column.key: column.label for column in kind.columns},
            "type_name": "证照名称", "validity": "有效期（起至止）", "identifier": "电子证照标识", "state": "状态",
        },
    }  # fmt: skip
    return render_template(
        "face.html", kind=kind, version=version, versions=core.faces.told_versions(actor, kind), said=said,
        words=json.dumps(words, ensure_ascii=False), filled=request.form if said else {},
        may_save=actor.role in load_registers()[REGISTER].writes, printers=core.faces.printers(),
        has_form=core.faces.face(kind)[1] is not None, today=core.today(),
    )  # fmt: skip
