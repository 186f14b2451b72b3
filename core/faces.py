"""Licences drawn: preview, electronic face, print page, each by the version of its kind in force (R187–R189).

Whatever is drawn here leaves with its mark. Pillow and the typesetter are loaded when something is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from core.arrivals.opening import open_photo
from core.errors import Unknown
from core.face_versions import FaceVersions, Kept
from core.files import Files
from core.models.faces import printers
from core.people import Actor
from core.policy.arrivals import arrival_rules
from core.policy.faces import Face, Print
from core.policy.licences import LicenceType
from core.register.faces import understood
from core.settings import Settings
from core.worktime import SHANGHAI

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.licence_faces.marks import Mark
    from core.licence_faces.paper import Offset
    from core.licence_faces.values import FaceValues
    from core.licences.views import LicenceView

JPEG = "image/jpeg"
PREVIEW = "版面预览"
BACKGROUND_SIDE = 2480
"""A background is kept as large as A4 needs at 210 dots an inch; no face needs more below its text."""


class Wired(Kept, Protocol):
    """What faces need of the core they hang on."""

    settings: Settings

    @property
    def files(self) -> Files: ...

    def note(self, actor: Actor | None, action: str, what: str, result: str) -> None: ...


@dataclass(frozen=True, slots=True)
class PrinterView:
    """A printer in use, with its offsets in millimetres."""

    id: int
    title: str
    right: float
    down: float


class Faces(FaceVersions):
    """Versions by day, and everything that is drawn with them. Thread-safe."""

    def __init__(self, core: Wired) -> None:
        super().__init__(core)
        self._core: Wired = core

    # --- what is drawn ---

    def image(self, shown: FaceValues, mark: Mark, dpi: int = 150, code: Image | None = None) -> bytes:
        """The electronic licence with its mark, as JPEG."""
        from core.licence_faces.marks import as_jpeg, marked

        return as_jpeg(marked(self._drawn(self.face(shown.type)[0], shown, dpi, code), mark), dpi=dpi)

    def pdf(self, shown: FaceValues, mark: Mark, code: Image | None = None) -> bytes:
        """The same on a page of its own size, at print resolution."""
        from core.licence_faces.drawing import PRINT_DPI
        from core.licence_faces.marks import as_pdf, marked

        return as_pdf(marked(self._drawn(self.face(shown.type)[0], shown, PRINT_DPI, code), mark), PRINT_DPI)

    def form_page(self, shown: FaceValues, printer: int | None = None, code: Image | None = None) -> bytes:
        """The texts for the issuer's pre-printed paper, as PDF. Raises Unknown for a kind without such a template."""
        from core.licence_faces.drawing import Pictures
        from core.licence_faces.paper import print_page

        return print_page(self._paper(shown.type), shown, self._offset(printer), Pictures(code))

    def trial_page(self, kind: LicenceType, printer: int | None = None) -> bytes:
        """Crosses to measure how far a printer is off, on this kind's paper. Raises Unknown."""
        from core.licence_faces.paper import trial_page

        return trial_page(self._paper(kind), self._offset(printer))

    def of_licence(
        self, view: LicenceView, holder_code: str, purpose: str, viewer: Actor | str, link: str = "", dpi: int = 150
    ) -> bytes:
        """A licence of the library drawn as the view tells it to its reader, with its mark, as JPEG.

        `viewer`: staff, or in words who looks (the public, the holder by the tail of their phone); `link`: what the
        licence's code says, drawn where the face has its code.
        """
        from core.licence_faces.values import of_licence

        return self.image(of_licence(view, holder_code), self.mark(purpose, viewer), dpi, _code(link))

    def page_of_licence(
        self, view: LicenceView, holder_code: str, purpose: str, viewer: Actor | str, link: str = ""
    ) -> bytes:
        """The same at print resolution on a page of its own size, as PDF."""
        from core.licence_faces.values import of_licence

        return self.pdf(of_licence(view, holder_code), self.mark(purpose, viewer), _code(link))

    def form_of_licence(self, view: LicenceView, holder_code: str, printer: int | None = None, link: str = "") -> bytes:
        """The texts of a licence for its pre-printed paper, as PDF. Raises Unknown."""
        from core.licence_faces.values import of_licence

        return self.form_page(of_licence(view, holder_code), printer, _code(link))

    def marked(self, raw: bytes, purpose: str, viewer: Actor | str) -> bytes:
        """A stored picture with its mark, as JPEG: no picture of a licence leaves without it. Raises Unknown."""
        from core.licence_faces.marks import NoPicture, marked_picture

        try:
            return marked_picture(raw, self.mark(purpose, viewer))
        except NoPicture:
            raise Unknown(what="这张图片") from None

    def mark(self, purpose: str, viewer: Actor | str) -> Mark:
        """What the watermark says now."""
        from core.licence_faces.marks import Mark

        who = viewer if isinstance(viewer, str) else f"{viewer.unit_name} {viewer.name}"
        return Mark(purpose, who, self._core.clock.now().astimezone(SHANGHAI))

    def preview(
        self, kind: LicenceType, layout: str, form: str, viewer: Actor, *, side: str = "", many: bool = False,
        public: bool = False,
    ) -> bytes:  # fmt: skip
        """What a designer would get, with invented values: the face, or with side `form` the printed texts alone.

        Raises FaceRefused.
        """
        from core.licence_faces.drawing import PREVIEW_DPI
        from core.licence_faces.marks import as_jpeg, marked
        from core.licence_faces.sample import sample_code, sample_values
        from core.licence_faces.values import masked

        face, paper = understood(kind, layout, form)
        shown = sample_values(kind, many)
        if side == "form":
            face = _as_face(paper, face)
        image = self._drawn(face, masked(shown) if public else shown, PREVIEW_DPI, sample_code())
        return as_jpeg(marked(image, self.mark(PREVIEW, viewer)))

    def _drawn(self, face: Face, shown: FaceValues, dpi: int, code: Image | None) -> Image:
        from core.licence_faces.drawing import Pictures, draw

        ground = self._picture(face.picture) if face.picture else None
        return draw(face, shown, dpi, Pictures(code, ground), self._core.settings.profile != "production")

    def _paper(self, kind: LicenceType) -> Print:
        paper = self.face(kind)[1]
        if paper is None:
            raise Unknown(what="套打版面")
        return paper

    # --- backgrounds and printers ---

    def keep_picture(self, actor: Actor, raw: bytes) -> str:
        """A background, opened in a child process, drawn anew, kept by its content. Raises WrongFile.

        One that no version names is swept away with the other files nobody names.
        """
        fresh = open_photo(raw, replace(arrival_rules().photo, longest_side=BACKGROUND_SIDE))
        name = self._core.files.keep(fresh, JPEG)
        self._core.note(actor, "face_picture.kept", f"face_picture:{name[:16]}", "done")
        return name

    def _picture(self, name: str) -> Image:
        from PIL import Image

        try:
            return Image.open(io.BytesIO(self._core.files.get(name)), formats=("JPEG",))
        except OSError:
            raise Unknown(what="这张底图") from None

    def printers(self) -> tuple[PrinterView, ...]:
        """The printers in use, by name."""
        query = select(printers).where(printers.c.active).order_by(printers.c.title)
        rows = self._core._read(lambda tx: tx.execute(query).all())
        return tuple(PrinterView(row.id, row.title, float(row.right_mm), float(row.down_mm)) for row in rows)

    def _offset(self, printer: int | None) -> Offset:
        from core.licence_faces.paper import Offset

        if printer is None:
            return Offset()
        one = next((one for one in self.printers() if one.id == printer), None)
        if one is None:
            raise Unknown(what="这台打印机")
        return Offset(one.right, one.down)


def _code(link: str) -> Image | None:
    """The code of a licence, for its place on face and form; None while it has none."""
    if not link:
        return None
    import qrcode

    made: Image = qrcode.make(link, border=1).get_image()
    return made


def _as_face(paper: Print | None, face: Face) -> Face:
    """A print template drawn as if it were a face: the texts on blank paper."""
    blank = replace(face.frame, style="none")
    parts: Sequence[Any] = paper.parts if paper is not None else ()
    width, height = (paper.width, paper.height) if paper is not None else (face.width, face.height)
    return Face(width, height, "#FFFFFF", "", blank, tuple(parts))
