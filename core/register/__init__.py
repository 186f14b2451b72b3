"""The second door: what is kept rather than moved. Registers an administrator amends, and a person's post (R102)."""

from core.register.door import Amend, Registers
from core.register.posts import outside_id, set_day, switch_post

__all__ = ["Amend", "Registers", "outside_id", "set_day", "switch_post"]
