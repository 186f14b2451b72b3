"""Which keeper keeps which register of registers.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.register.archive import ArchiveCategories
from core.register.city import CityRanks
from core.register.faces import FaceTemplates, Printers
from core.register.groups import UnitGroups
from core.register.keepers import CalendarDays, DutyTurns, Keeper, ServiceTypes, Sources
from core.register.patrols import Patrols
from core.register.rules import Limits
from core.register.screens import ScreenDevices
from core.register.staff import Absences, People, Posts, Units

SHELF: Mapping[str, Keeper] = MappingProxyType(
    {
        "source": Sources(),
        "service_type": ServiceTypes(),
        "calendar_day": CalendarDays(),
        "duty_turn": DutyTurns(),
        "absence": Absences(),
        "limit": Limits(),
        "unit": Units(),
        "person": People(),
        "post": Posts(),
        "patrol": Patrols(),
        "licence_face": FaceTemplates(),
        "printer": Printers(),
        "unit_group": UnitGroups(),
        "archive_category": ArchiveCategories(),
        "screen_device": ScreenDevices(),
        "city_rank": CityRanks(),
    }
)
