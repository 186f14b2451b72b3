"""The pages of people at a desk, each a blueprint of its own."""

from webapp.admin.batch import batch
from webapp.admin.cases import cases
from webapp.admin.digest import digest
from webapp.admin.door import door
from webapp.admin.flows import flows
from webapp.admin.hotspots import hotspots
from webapp.admin.intake import intake
from webapp.admin.log import log
from webapp.admin.moves import moves
from webapp.admin.near import near
from webapp.admin.photos import photos
from webapp.admin.saved import saved
from webapp.admin.settings import settings
from webapp.admin.sheets import sheets
from webapp.admin.stats import stats
from webapp.admin.suggest import suggest
from webapp.admin.tray import tray

PAGES_OF_CONSOLE = (
    door,
    digest,
    cases,
    moves,
    batch,
    saved,
    intake,
    near,
    hotspots,
    photos,
    sheets,
    stats,
    suggest,
    tray,
    flows,
    settings,
    log,
)

__all__ = ["PAGES_OF_CONSOLE"]
