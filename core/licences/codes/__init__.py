"""One licence, one code (R180–R186, domain-rules §13): an https link with an unguessable id and a short signed payload.

`core.licences.codes` is `desk.Codes`. A code is free (a printed sticker), bound to a licence's `line`, or void; it is
made in a batch or for one licence at once, and every act on it goes through the library's door as book `code` or
`code_batch`. `core.licences.verdict_of_code(code, payload)` is what a scanned link means today, for anybody.
"""

from core.licences.codes.views import BatchView, CodeVerdict, CodeView

__all__ = ["BatchView", "CodeVerdict", "CodeView"]
