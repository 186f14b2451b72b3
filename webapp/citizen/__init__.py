"""The citizens' pages: phone first, a session of their own, nothing kept, nothing indexed (R153–R162)."""

from webapp.citizen.door import door
from webapp.citizen.mine import mine
from webapp.citizen.pictures import pictures
from webapp.citizen.scan import scan
from webapp.citizen.seek import seek

PAGES_OF_CITIZENS = (seek, scan, door, mine, pictures)
"""Blueprints named `citizen.…`: they open from everywhere, whatever networks the console is kept to."""
