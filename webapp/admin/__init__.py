"""The pages of people at a desk, each a blueprint of its own."""

from webapp.admin.archive import archive
from webapp.admin.archive_batches import archive_batches
from webapp.admin.archive_stats import archive_stats
from webapp.admin.archive_volumes import archive_volumes
from webapp.admin.arrive import arrive
from webapp.admin.batch import batch
from webapp.admin.cases import cases
from webapp.admin.codes import codes
from webapp.admin.dictionary import dictionary
from webapp.admin.digest import digest
from webapp.admin.door import door
from webapp.admin.drawn import drawn
from webapp.admin.faces import faces
from webapp.admin.feeds import feeds
from webapp.admin.flows import flows
from webapp.admin.hotspots import hotspots
from webapp.admin.intake import intake
from webapp.admin.joint import joint
from webapp.admin.joint_scores import joint_scores
from webapp.admin.library import library
from webapp.admin.licence_feed import licence_feed
from webapp.admin.licence_sheets import licence_sheets
from webapp.admin.licences import licences
from webapp.admin.log import log
from webapp.admin.moves import moves
from webapp.admin.near import near
from webapp.admin.on_site import on_site
from webapp.admin.patrols import patrols
from webapp.admin.photos import photos
from webapp.admin.picture_sets import picture_sets
from webapp.admin.readings import readings
from webapp.admin.roster import roster
from webapp.admin.saved import saved
from webapp.admin.search import search
from webapp.admin.settings import settings
from webapp.admin.sharing import sharing
from webapp.admin.sheets import sheets
from webapp.admin.stats import stats
from webapp.admin.suggest import suggest
from webapp.admin.tray import tray

PAGES_OF_CONSOLE = (
    door,
    arrive,
    digest,
    dictionary,
    cases,
    moves,
    batch,
    search,
    saved,
    intake,
    near,
    hotspots,
    patrols,
    joint,
    joint_scores,
    on_site,
    library,
    licences,
    licence_sheets,
    readings,
    picture_sets,
    licence_feed,
    codes,
    archive,
    archive_volumes,
    archive_batches,
    archive_stats,
    photos,
    sheets,
    stats,
    suggest,
    tray,
    sharing,
    feeds,
    faces,
    drawn,
    flows,
    roster,
    settings,
    log,
)

__all__ = ["PAGES_OF_CONSOLE"]
