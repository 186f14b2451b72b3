"""直通联办 on the phone (R023): warnings with who is on each, joint orders in progress, KPI against target, scores."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from webapp.auth import audience
from webapp.context import number, the_actor, the_core

direct = Blueprint("direct", __name__)


@direct.get("/m/direct")
@audience("direct")
def index() -> str:
    """The whole page for this reader; one level whole where it is asked for."""
    level, page = request.args.get("level", "")[:10], number(request.args.get("page"), 1)
    view = the_core().briefings.direct.view(the_actor(), level, page)
    return render_template("screen/direct.html", view=view)
