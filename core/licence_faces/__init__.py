"""Faces of licences: a declared face and the words of one licence → a picture with its mark, or a page to print.

Pure: no database, no clock, no network; the same at every resolution. `core.faces` (`core.faces.Faces`) is how the rest
of the product draws: it knows the version of a face in force, the time and the mark.

- `of_licence(view, holder_code, purpose, viewer, link)` → JPEG of a `LicenceView` with its mark: what the view hides
  from its reader, the face hides too, so the public's picture is `of_licence(core.licences.verdict(line), "", 用途,
  "公众", link)`. `page_of_licence` is the same as PDF at 300 dpi, `form_of_licence` the texts for pre-printed paper.
- `marked(raw, purpose, viewer)` → a stored picture with its mark. No picture of a licence leaves the platform without
  one of these.
"""
