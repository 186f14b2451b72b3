"""The pages of people at a desk, each a blueprint of its own."""

from webapp.admin.cases import cases
from webapp.admin.door import door
from webapp.admin.flows import flows
from webapp.admin.hotspots import hotspots
from webapp.admin.log import log
from webapp.admin.moves import moves
from webapp.admin.near import near
from webapp.admin.tray import tray

PAGES_OF_CONSOLE = (door, cases, near, moves, hotspots, tray, flows, log)

__all__ = ["PAGES_OF_CONSOLE"]
