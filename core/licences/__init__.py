"""证照库: companies and persons, their licences in versions, pictures; whoever builds on it needs only what follows.

Everything hangs on the core as `core.licences` (`core.licences.library.Library`); views are frozen and already masked
for their reader (`core.licences.views`), and every refusal is a `Refusal` with its Chinese sentence.

**Names.** A *subject* is a company or a person, addressed by `token`. A *licence* is addressed by `line`, the same
through all its versions: a code, a link or a paper is bound to the `line` and so always meets the newest version. A
`token` of a licence is one version. Both are 128 random bits and say nothing. A *type* is
`core.policy.licences.licence_types()[key]`; what it says beyond number, holder and days are its `fields`.

**Writing** (staff with the role `licence_clerk`, or a part of the system): `core.licences.write(LibraryAct(key, book,
act, row, values, actor, reason, seen))` → `Done`, whose `no` is the subject's token or the licence's line. `key` makes
a repeat harmless. What may be done from which state, and what needs a reason, is `core/policy/library.yaml`.

- book `subject`: `add` (values `kind` company|person, and its fields), `change`, `delete`.
- book `licence`: `draft` (OCR and feeds: a draft that a person confirms), `issue` (a new one, or a draft as it reads),
  `edit`, `discard`, `change` and `replace` (a new version), `suspend`, `resume`, `cancel`, `picture` (values `files`:
  names from `core.files.keep`, joined by commas), `unpicture` (values `picture`). A new licence gives `type`, either
  `subject` (a token) or `holder` and `holder_code` (a subject not known yet is registered with it), `number`,
  `issued_on`, `valid_from`, `valid_to` (「长期」: without end), `issuer`, `case_no` (办件编号), and its type's fields.

**Checking without writing** (OCR, Excel, feeds): `core.licences.checks.tidy(fields, given)` and
`tidy_licence(type, given, today)` → clean texts and every `Fault` (label, why).

**Codes and scans.** `verdict(line)` → `LicenceView` for anybody: state of today, masked. `find_licence(type, number)`.

**Codes** (`core.licences.codes`, books `code` and `code_batch`): `code.make` (row: the line) and `code.bind` (row: the
id of a sticker, values `line`) give a licence its one code, `code.void` ends one, `code_batch.order` (values `count`,
`layout`, `note`) has stickers made by the clock. `verdict_of_code(text, payload)` → `CodeVerdict` (state bound, free,
void, unknown, forged, unreadable; `licence` masked) for anybody who scanned; `codes.link(line)` → drawn on a face.

**WeChat.** Anybody: `companies(words)`, `company(token)`, `of_person(id_number, name)` (both must fit; a miss is an
empty answer). The holder, once a code has proved the phone: `of_phone(phone)` → subjects, `ends_with(token, last4)`
(second proof of a first sign-in), `of_holder(tokens)`, `held(tokens, line)`, `held_picture(tokens, picture)` (bytes
without watermark: whoever sends them out draws it). Limits of calls are the caller's (`core.rates`).

**Office.** `subjects`, `subject`, `licences(actor, LicenceFilter)`, `licence`, `of_subject`, `picture`, `history`;
`reason=` opens numbers in full and is on record.

**Files** (archive too): `core.files.keep(bytes, kind)` → name, `core.files.get(name)`; sealed at rest, one store for
all, a folder or S3 by setting `files`. A table that names files adds its column to `core.files.REFERENCES`.
"""

from core.licences.desk import LibraryAct
from core.licences.filters import LicenceFilter

__all__ = ["LibraryAct", "LicenceFilter"]
