"""What Snakemake 9.27 decides to run, told in Python: for thousands of states, in place of its DAG.

It follows ``DAG.update_needrun`` with the trigger ``mtime``, pass by pass; checksums are the
caller's. The slow test of the light DAG holds it against the real one.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from daydream.store.layout import STAGES
from daydream.workflow.inputs import Inputs
from daydream.workflow.sources import parser_stamp

TARGET = "target"


class Node(NamedTuple):
    """A job: its rule, the file that it makes, the files that it is made from."""

    rule: str
    output: str
    inputs: tuple[str, ...]


def _read(path: str) -> tuple[float, float] | None:
    """The times of a file as an output and as an input."""
    if not os.path.exists(path):
        return None
    own, target = os.lstat(path).st_mtime, os.stat(path).st_mtime
    return own, max(own, target) if os.path.islink(path) else own


class Model:
    """A DAG for some targets, and what of it is to run.

    Args:
        node_of: the job that makes a file; None when no rule does.
        targets: for each target rule its inputs, in order; a file that is asked for has none.
        forced: names of rules and files.
        is_unchanged: whether Snakemake would spare an input by its checksum: of job and input.
    """

    def __init__(
        self,
        node_of: Callable[[str], Node | None],
        targets: Mapping[str, Iterable[str]],
        forced: frozenset[str],
        is_unchanged: Callable[[Node, str], bool] = lambda node, path: False,
    ) -> None:
        self.node_of, self.forced, self.is_unchanged = node_of, forced, is_unchanged
        self.times: dict[str, tuple[float, float] | None] = {}
        self.above: dict[str, dict[str, None]] = {}  # parents of a node, in order
        self.below: dict[str, dict[str, None]] = defaultdict(dict)  # children, as they were added
        self.nodes: dict[str, Node] = {}
        self.asked: list[str] = []
        for name, inputs in targets.items():  # rules come before files, as in Snakemake
            self._add(node_of(name) or Node(TARGET, name, tuple(inputs)))
            self.asked.append(name)

    def time(self, path: str) -> tuple[float, float] | None:
        if path not in self.times:
            self.times[path] = _read(path)
        return self.times[path]

    def _add(self, node: Node) -> None:
        if node.output in self.nodes:
            return
        self.nodes[node.output] = node
        producers: dict[str, None] = {}
        for path in node.inputs:
            maker = self.node_of(path)
            if maker is None:
                assert self.time(path), f"{node.output} needs {path}, which no rule makes"
            elif path not in self.nodes:
                self._add(maker)
                producers[path] = None
            else:
                producers[path] = None
        self.above[node.output] = producers
        for path in producers:
            self.below[path][node.output] = None

    def to_run(self) -> set[str]:
        """The files that the jobs that run would make."""
        levels = self._levels()
        order = [path for level in levels for path in level]
        if all(self._is_forced(path) for path in order):
            return set(order)
        made_at = self._made_at(levels)
        masked: set[str] = set()
        queue: deque[str] = deque()
        for path in order:
            if path not in masked and self._has_reason(self.nodes[path], made_at):
                queue.append(path)
                masked |= self._descendants(path)
        return self._spread(queue)

    def _levels(self) -> list[list[str]]:
        depth: dict[str, int] = {}

        def of(path: str) -> int:
            if path not in depth:
                depth[path] = 1 + max(map(of, self.above[path]), default=-1)
            return depth[path]

        levels: dict[int, list[str]] = defaultdict(list)
        for path in self.nodes:
            levels[of(path)].append(path)
        return [levels[number] for number in sorted(levels)]

    def _made_at(self, levels: list[list[str]]) -> dict[str, float | None]:
        """Of what is missing, the time of the first thing that was made from it."""
        made_at: dict[str, float | None] = {}
        for level in reversed(levels):
            for path in level:
                for candidate in (path, *self.below[path]):
                    own = self.time(candidate)
                    known = made_at[candidate] if candidate in made_at else own and own[0]
                    if known is not None:
                        made_at[path] = known
                        break
                else:
                    made_at[path] = None
        return made_at

    def _is_forced(self, path: str) -> bool:
        return self.nodes[path].rule in self.forced or path in self.forced

    def _has_reason(self, node: Node, made_at: Mapping[str, float | None]) -> bool:
        if self._is_forced(node.output):
            return True
        if node.output in self.asked:
            lacking = node.inputs if node.rule == TARGET else (node.output,)
            if any(self.time(path) is None for path in lacking):
                return True
        since = made_at[node.output]
        return since is not None and any(
            times[1] > since and not self.is_unchanged(node, path)
            for path in node.inputs
            if (times := self.time(path))
        )

    def _descendants(self, path: str) -> set[str]:
        found, queue = set(), deque([path])
        while queue:
            for child in self.below[queue.popleft()]:
                if child not in found:
                    found.add(child)
                    queue.append(child)
        return found

    def _spread(self, queue: deque[str]) -> set[str]:
        """With what runs, all that it needs and lacks, and all that is made from it."""
        runs, visited = set(), set(queue)
        while queue:
            path = queue.popleft()
            runs.add(path)
            lacking = (parent for parent in self.above[path] if self.time(parent) is None)
            for found in (*lacking, *self.below[path]):
                if found not in visited:
                    visited.add(found)
                    queue.append(found)
        return {path for path in runs if self.nodes[path].rule != TARGET}


def nodes_of(inputs: Inputs) -> dict[str, Node]:
    """The job of each generation of a cohort, by the file that it makes."""
    nodes = {}
    for stage in STAGES:
        stamp = parser_stamp(inputs.project.layout, stage, dryrun=False).get("parser", ())
        for member in inputs.project.membership.stage(stage):
            path = inputs.project.layout.parsed(stage, member.gen_id)
            sources = inputs.sources(stage, member.gen_id, dryrun=True).values()
            own = [p for s in sources for p in ([s] if isinstance(s, str) else s)]
            nodes[path] = Node(f"generate_{stage}", path, (*own, *stamp))
    return nodes
