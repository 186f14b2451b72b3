"""Writes README.md of this folder: every flow as a table and a diagram, so that paper and law are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from core.policy import HERE, Policy, licence_docs, load_policy
from core.policy.flow import Flow, Move

TARGET = HERE / "README.md"
PRESENCE = {"required": "", "optional": "（可选）"}
HEAD = """# 流程与权限

本页由 `make docs` 根据同一目录下的表生成，不手工修改。改流程请改 `flows/` 中的表，改权限请改 `permissions.yaml`。
"""


def document(policy: Policy) -> str:
    """The whole page."""
    parts = [HEAD, *(part for flow in policy.flows.values() for part in _flow(flow, policy)), *_standings(policy)]
    return "\n".join(parts)


def _flow(flow: Flow, policy: Policy) -> Iterator[str]:
    yield f"## {flow.title}（`{flow.name}`）\n"
    yield _diagram(flow)
    yield _table(
        ("操作", "从", "到", "谁可以", "填写", "条件", "事件"),
        (_row(move, flow, policy) for move in flow.moves),
    )


def _diagram(flow: Flow) -> str:
    """States and the moves between them; acts that leave the state alone are only in the table."""
    edges: dict[tuple[str, str], list[str]] = {}
    for move in flow.moves:
        for source in move.sources:
            if move.to not in ("same", source):
                titles = edges.setdefault((source, move.to), [])
                titles += [move.title] if move.title not in titles else []
    lines = ["```mermaid", "stateDiagram-v2", "  direction LR"]
    lines += [f"  {state.name}: {state.title}" for state in flow.states.values()]
    lines += [f"  [*] --> {flow.initial}"]
    lines += [f"  {source} --> {to}: {'／'.join(titles)}" for (source, to), titles in edges.items()]
    lines += [f"  {state.name} --> [*]" for state in flow.states.values() if state.final]
    return "\n".join([*lines, "```", ""])


def _row(move: Move, flow: Flow, policy: Policy) -> tuple[str, ...]:
    every = len(move.sources) == sum(not state.final or state.name in move.sources for state in flow.states.values())
    sources = "任何状态" if every and len(move.sources) > 2 else "、".join(flow.states[s].title for s in move.sources)
    fields = (f"{policy.field(move.action, name).label}{PRESENCE[how]}" for name, how in move.form.items())
    guards = [*(policy.say(name) for name in move.only_if), *(policy.say(name) for name in move.when)]
    return (
        f"{move.title} `{move.action}`",
        sources,
        "不变" if move.to == "same" else flow.states[move.to].title,
        "、".join(dict.fromkeys(policy.standings[name].title for name in move.by)),
        "、".join(fields),
        "、".join(guards),
        f"{policy.say(move.event)} `{flow.name}.{move.event}`",
    )


def _standings(policy: Policy) -> Iterator[str]:
    yield "## 谁可以做什么（`permissions.yaml`）\n"
    yield _table(
        ("身份", "岗位", "与办件的关系"),
        (
            (
                f"{standing.title} `{standing.name}`",
                "、".join(policy.roles.get(role, policy.say(role)) for role in sorted(standing.roles)),
                policy.say(standing.relation),
            )
            for standing in policy.standings.values()
        ),
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def main(target: Path = TARGET) -> None:
    """Write the page, and that of the kinds of licence."""
    target.write_text(document(load_policy()), encoding="utf-8")
    licence_docs.write()


if __name__ == "__main__":
    main()
