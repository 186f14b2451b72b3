"""Reading papers (R190): a picture in, the kind of licence, its fields with trust and place out; or simply its text.

- `read(picture)` → `Reading`: the `Paper` understood (`paper.fields`, each a `FieldRead`), and the upright picture as a
  JPEG in whose pixels the boxes are. Raises `WrongPicture`, `ReaderBusy`, `NotALicence`.
- `text_of(picture)` → `str`: every line of any picture in order, "" where nothing is written; for whoever searches
  papers. Raises `WrongPicture`, `ReaderBusy`.

Every picture is opened and read in a child process with limits (`engine.py`), one at a time in a process of ours.
"""

from core.reading.paper import FieldRead, NotALicence, Paper
from core.reading.reader import ReaderBusy, Reading, WrongPicture, read, text_of

__all__ = ["FieldRead", "NotALicence", "Paper", "ReaderBusy", "Reading", "WrongPicture", "read", "text_of"]
