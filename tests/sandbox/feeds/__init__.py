"""Stand-in sources for every dataset of the topics: believable rows at any moment of the sandbox's clock.

What a source sends is told by the `demo:` part of a dataset (`core/policy/topics/*.yaml`). Nothing is stored: a row is
a pure function of dataset, column and moment, so the same question always has the same answer, however far back.

**Which rows.** Either a *series*, a row a step for each of `each`, or *happenings*, events that come when they come.

    step: 10m                        # series: 5m 1h 1d month quarter; the dataset's `every` unless told
    lag: 8h                          # a row is out only so long after the moment it is about
    back: 35d                        # how far back it holds what it sent, if not as usual (`Plan.history`)
    each: {town: towns}              # one row for each value; `towns`, `spots` (those of `spot:`) or a list
    each: [{berth: 新海1号, usual: 40}, …]   # or fixed words and numbers; those that are no column (usual) help others
    happen: {a_day: 120, day: people, week: office, year: tourist, event: {…}}     # happenings: how many, and when;
                                     # `with: storm`: one more as each of the shared events of curves.yaml begins
    spot: [road, estate]             # happenings: each at one place of these kinds (core/policy/seed/places.yaml)

**What is in a column**; the time column fills itself, anything else is one of:

    {level: 40, …}                   a number about 40: × the curves `day:`, `week:`, `year:` (curves.yaml; `soft: 0.5`
                                     halves the day's swing) × weights `by: town`, `by: {town: rural}` or
                                     `by: {port: {新海港: 1.2}}` × growth `grow: 0.05` a year × slow `drift: 0.06`
                                     × `noise: 0.1` × `event: {a_month: 2, times: 3, lasts: 4h}` (with `all: true`
                                     it comes to all rows at once; `event: {like: storm, times: 20}`: with everything
                                     else that is like that one); then `least:`, `most:`, `decimals: 0`; a count below
                                     thirty is rounded by lot: 0.2 is a 1 at times; `fills: state`: it grows from
                                     nothing while that column stands at its first stage, and stays from then on
    {of: usual, times: 0.9, …}       the same from another column or helper; with `times` of at most 1, never above it;
                                     `per: jam` divides by a third
    {pick: {作业: 7, 空闲: 2}}        a word by weight, `holds: 2h` so long, `year: {高温: hot}` more in its season,
                                     `town: {渔业船舶: harbour}` by the weights of the row's town, told before it;
                                     a plain list picks evenly
    {grade: depth, steps: {正常: 0, 抽排: 25}}   a word by the height of a number, with `per: usual` of its quotient
    {during: storm, is: …, else: …}  one rule while (or shortly before) a shared event lasts, another otherwise; with
                                     `steps: {蓝色: 0, 红色: 2}` instead of `is:` a word by how strong the event is;
                                     `date: later` of the whole day so many after the row's own, as a forecast tells it
    {match: kind, as: {…}}           a word that goes with another column's word
    {stages: {待派: 0m, 在办: 20m, 办结: 5h}}   the state by age, each row at its own pace (`spread: 0.6`); `end: 5h`
                                     with `ends: {结案: 9, 作废: 1}` ends in one of several
    {limit: 12h, words: [正常, 逾期]}  whether the last stage came (or will come) later than so long
    {after: 2h}                      a moment so long after the row's own (`spread: 0.4`)
    {number: JQ}                     a running number of happenings
    {spot: name}                     of the place: name, town, lng, lat; of a town in `each`: lng, lat
    {say: "{place}{kind}"}           words made of other columns
    anything else                    as it stands
"""
