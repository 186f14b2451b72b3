"""The Chinese font in slices, made at set-up: a screen loads the characters it says, not all thirty thousand.

`python -m webapp.fonts FOLDER` writes noto-*.woff and noto.css. The first slice holds every character of the
topics, tables and pages, the second the rest of everyday Chinese, and the whole font stands for all others: a
browser fetches a part with the first character it meets of it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from hashlib import blake2s
from importlib.resources import as_file, files
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAID = ("core/policy/**/*.yaml", "webapp/templates/**/*.html", "webapp/static/*.js", "core/screens/*.py")
FONT = "NotoSansSC-Regular.otf"
CSS = """@font-face {{
  font-family: "Noto Screen";
  src: url("{address}") format("{kind}");
  font-display: swap;
  unicode-range: {ranges};
}}
"""


def said_on_screens() -> set[int]:
    """The characters that topics, tables and pages are made of, and all of ASCII."""
    found = set(range(0x20, 0x7F)) | {0xA0, 0xB7, 0xD7, 0xF7}
    for pattern in SAID:
        for path in sorted(ROOT.glob(pattern)):
            found |= {ord(one) for one in path.read_text(encoding="utf-8") if ord(one) > 0x7F}
    return found


def everyday() -> set[int]:
    """The 3,755 characters of the first level of GB 2312, and its signs."""
    rows = [*range(0xA1, 0xAA), *range(0xB0, 0xD8)]
    codes = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    return {ord(one) for code in codes for one in code.decode("gb2312", "ignore")}


def known() -> set[int]:
    """Every character the font has."""
    from fontTools.ttLib import TTFont

    with as_file(files("pylopdf_fonts_zh_cn") / FONT) as path, TTFont(path, lazy=True) as font:
        return set(font.getBestCmap())


def ranges(points: Iterable[int]) -> str:
    """Code points as CSS has them: U+20-7E, U+4E00."""
    runs: list[list[int]] = []
    for point in sorted(points):
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def sliced(points: set[int]) -> bytes:
    """The font with these characters alone, packed."""
    from fontTools.subset import Options, Subsetter, save_font
    from fontTools.ttLib import TTFont

    options = Options(flavor="woff", layout_features=["kern", "palt", "tnum", "ccmp", "locl"], desubroutinize=False)
    options.hinting, options.notdef_outline, options.name_IDs = False, True, [1, 2]
    with as_file(files("pylopdf_fonts_zh_cn") / FONT) as path, TTFont(path, lazy=True) as font:
        cut = Subsetter(options)
        cut.populate(unicodes=points)
        cut.subset(font)
        made = io.BytesIO()
        save_font(font, made, options)
        return made.getvalue()


def main() -> None:
    """Write slices and stylesheet into the folder given, unless it has them for just these characters."""
    folder = Path(sys.argv[1])
    first = said_on_screens()
    second = everyday() - first
    stamp = blake2s(repr((sorted(first), sorted(second))).encode(), digest_size=6).hexdigest()
    names = {f"noto-{stamp}-{number}.woff": points for number, points in enumerate((first, second), 1)}
    if all((folder / name).is_file() for name in names) and (folder / "noto.css").is_file():
        return
    for old in folder.glob("noto-*.woff"):
        old.unlink()
    others = ranges(known() - first - second)
    css = CSS.format(address=f"/static/fonts/{FONT}", kind="opentype", ranges=others)
    for name, points in names.items():
        (folder / name).write_bytes(sliced(points))
        css += CSS.format(address=f"/static/vendor/{name}", kind="woff", ranges=ranges(points))
    (folder / "noto.css").write_text(css, encoding="utf-8")


if __name__ == "__main__":
    main()
