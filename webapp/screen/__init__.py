"""The screens: thirty topics on the wall and in the pocket, from one table, and the report pages leaders carry."""

from webapp.screen.assessment import assessment
from webapp.screen.briefings import briefings
from webapp.screen.data import data
from webapp.screen.direct import direct
from webapp.screen.join import join
from webapp.screen.pocket import pocket
from webapp.screen.videos import videos
from webapp.screen.wall import wall

PAGES_OF_SCREENS = (data, join, wall, videos, pocket, direct, briefings, assessment)

__all__ = ["PAGES_OF_SCREENS"]
