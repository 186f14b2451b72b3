"""What comes in by hand: a form, a sentence, a photo, a sheet; each becomes a ticket for the one door of intake."""
