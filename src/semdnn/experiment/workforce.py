"""Who does a run's work: this process, a cluster that featurises, a team that trains."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from semdnn.experiment.prepare import Prepared, prepare
from semdnn.experiment.run_folder import claim
from semdnn.features.cluster import cluster_executor
from semdnn.recipe import Recipe
from semdnn.training.team import ALONE, Team, limit_threads, open_team

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Workforce:
    """Who does the work.

    Attributes
    ----------
    executor : Executor or None
        Featurises in place of a local process pool (`cluster_executor`).
    team : Team
        The processes that train; all of them make the call (`open_team`).
    """

    executor: Executor | None = None
    team: Team = ALONE

    def teller(self, tell: Tell) -> Tell:
        """Return `tell` in the team's first process, and what says nothing in the others."""
        return tell if self.team.rank == 0 else lambda _line: None

    def prepare(self, recipe: Recipe, library: Path | None, folder: Path) -> Prepared:
        """Claim the folder and prepare the library; the team's first process does the work."""
        if self.team.rank == 0:
            claim(folder, recipe, library)
            prepared = prepare(recipe, library, folder, executor=self.executor)
        self.team.of_first(None)
        if self.team.rank != 0:  # all is there: it only reads
            prepared = prepare(recipe, library, folder, is_done=True)
        self.team.of_first(None)
        return prepared


THIS_PROCESS = Workforce()


@contextmanager
def gather(
    recipe: Recipe, *, cluster: str | None = None, devices: int = 1, nodes: int = 1
) -> Iterator[Workforce]:
    """Open the cluster and start the processes that a person asked for.

    Parameters
    ----------
    recipe : Recipe
        Says what device to train on.
    cluster : str, optional
        Address of a Dask scheduler.
    devices, nodes : int
        Devices a machine, and machines, to train on.

    Raises
    ------
    StoreError, TrainingError
        The cluster or the devices are not there.
    """
    limit_threads()
    with (
        open_team(devices, nodes, device=recipe.training.device) as team,
        cluster_executor(cluster if team.rank == 0 else None) as executor,
    ):
        yield Workforce(executor, team)
