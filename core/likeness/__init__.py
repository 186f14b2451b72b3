"""Which earlier cases are probably the same matter: few, quickly, within what the asker may see."""

from core.likeness.policy import LikenessPolicy, load_likeness
from core.likeness.score import Told

__all__ = ["LikenessPolicy", "Told", "load_likeness"]
