"""The whole look: what stacks hold, what there is, and how it stands."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ops.engine import Engine
from ops.errors import OpsError
from ops.fleet import Fleet, Reporter
from ops.remains.found import Look, Place, Unseen
from ops.remains.holdings import Holding, holding
from ops.remains.judgement import Judged, Standing, Wanted, judge
from ops.remains.places import Hints, Surveyed, kept_credentials, merged, places_of


@dataclass
class Survey:
    """What a look brought.

    Attributes:
        wanted: which stacks were asked about.
        judged: everything of theirs that exists.
        unseen: what could not be looked at.
        places: where each thing was found, by its key.
        pending: stacks with operations of unknown end in their state.
        blind: stacks whose state could not be read: nothing may be removed while it is not known what they hold.
    """

    wanted: Wanted
    judged: list[Judged] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    blind: set[str] = field(default_factory=set)

    def of(self, standing: Standing) -> list[Judged]:
        """Return what stands in some way."""
        return [each for each in self.judged if each.standing is standing]


class Surveyor:
    """Looks at stacks of one project.

    Args:
        engine: Pulumi.
        project: the project; may be another than the program's.
        fleet: runs what is done for each stack.
        hints: where to look besides.
    """

    def __init__(self, engine: Engine, project: str, fleet: Fleet, hints: Hints) -> None:
        self._engine = engine
        self._project = project
        self._fleet = fleet
        self._hints = hints
        self._foreign = project != engine.project
        self._backend = {name.rpartition("/")[2]: name for name in engine.stacks(project if self._foreign else None)}

    def survey(self, stacks: Sequence[str] | None) -> Survey:
        """Look for what stacks have made.

        Args:
            stacks: their names; None for every stack the project has or ever had.
        """
        wanted = Wanted(self._project, None if stacks is None else frozenset(stacks))
        survey = Survey(wanted)
        asked = sorted(self._backend) if stacks is None else list(stacks)
        surveyed = self._read(asked, survey)
        if stacks is None:
            # What is left of stacks that are gone may be where the environment points to.
            surveyed.append(Surveyed("", {}, None, None))
        look = self._look(surveyed, survey, [*self._backend, *asked])
        kept = {each for one in surveyed for each in kept_credentials(one.config)}
        holdings = [one.holding for one in surveyed if one.holding]
        survey.judged = self._judge(look, survey, holdings, kept)
        if any(each.standing is not Standing.HELD for each in survey.judged):
            # Before anything is called left over, every other stack is asked whether it holds it.
            others = self._read([name for name in self._backend if name not in asked], survey)
            holdings += [one.holding for one in others if one.holding]
            survey.judged = self._judge(look, survey, holdings, kept)
        survey.pending = {each.stack for each in holdings if each.pending}
        return survey

    def _judge(self, look: Look, survey: Survey, holdings: Sequence[Holding], kept: Iterable[str]) -> list[Judged]:
        return judge(look.found, survey.wanted, holdings, list(self._backend), set(kept))

    def _read(self, names: Sequence[str], survey: Survey) -> list[Surveyed]:
        results = self._fleet.run(names, self._surveyed) if names else []
        for each in results:
            if each.error is not None:
                survey.blind.add(each.stack)
                survey.unseen.append(
                    Unseen(f"state of the stack '{each.stack}'", each.error.problem, each.error.remedy)
                )
        return [each.value for each in results if each.value is not None]

    def _surveyed(self, name: str, report: Reporter, _stop: threading.Event) -> Surveyed:
        report("reading its state")
        qualified = self._backend.get(name)
        stack = self._engine.stack(qualified or name)
        # The configuration files beside this program are those of its own project.
        config: Mapping[str, object] = {} if self._foreign else stack.config()
        if qualified is None:
            return Surveyed(name, config, None, None)
        return Surveyed(name, config, holding(name, stack.export()), None if self._foreign else stack)

    def _look(self, surveyed: Sequence[Surveyed], survey: Survey, stacks: Sequence[str]) -> Look:
        reached: list[Place] = []
        with ThreadPoolExecutor(max_workers=4) as pool:
            named = pool.map(lambda one: list(places_of(one, self._project, self._hints)), surveyed)
            for one, places in zip(surveyed, named, strict=True):
                for each in places:
                    if not isinstance(each, Unseen):
                        reached.append(each)
                    elif one.name or not self._backend:
                        survey.unseen.append(each)
        look = Look()
        with ThreadPoolExecutor(max_workers=4) as pool:
            places_looked_at = merged(reached)
            for place, brought in zip(
                places_looked_at,
                pool.map(lambda each: each.look(self._project, stacks), places_looked_at),
                strict=True,
            ):
                look.add(brought)
                survey.places |= {each.key: place for each in brought.found}
        survey.unseen += look.unseen
        return look


def remove(survey: Survey, judged: Judged, *, images: bool) -> None:
    """Remove something.

    Args:
        survey: what brought it.
        judged: what to remove.
        images: whether a repository may be removed with the images in it.

    Raises:
        OpsError: it cannot be removed.
    """
    place = survey.places.get(judged.found.key)
    if place is None:  # pragma: no cover - every thing was found somewhere
        raise OpsError(f"{judged.found.name} was found nowhere.", "Run again.")
    place.remove(judged.found, images=images)
