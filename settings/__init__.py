"""The stack's configuration: one frozen model, read once, every mistake reported at once by its config path.

Nothing here talks to AWS, NVCF or a cluster. One file a question:

* ``models``: what can be set, of which type, and what it is by default
* ``reading``: from configuration values to the model, noting what cannot be understood
* ``rules``, ``registry_rules``, ``pull_secret_rules``: what is wrong with values that can
* ``identity_rules``: what is wrong with them for the AWS account and region at hand
* ``problem``: a mistake, and the error that reports all of them
"""

from collections.abc import Collection, Mapping

from nvcf.connection import NAMESPACE
from settings.models import Settings
from settings.problem import Problem, SettingsError
from settings.reading import read
from settings.rules import problems
from settings.surroundings import Surroundings

__all__ = ["NAMESPACE", "Problem", "Settings", "SettingsError", "Surroundings", "check"]


def check(config: Mapping[str, str], around: Surroundings) -> tuple[Settings, tuple[Problem, ...]]:
    """Read a stack's configuration and return it with everything that is wrong with it.

    Args:
        config: every configuration key of the stack with its namespace; structured values as JSON text.
        around: the project, the stack, the environment, and which keys are secret.
    """
    settings, unreadable = read(config)
    # What could not be read was left out of the settings; that it is missing there is no mistake of its own.
    noted = [problem.path for problem in unreadable]
    wrong = [problem for problem in problems(settings, around) if not _follows(problem.path, noted)]
    return settings, (*unreadable, *wrong)


def _follows(path: str, noted: Collection[str]) -> bool:
    """Return whether a problem at ``path`` may only be there because of those noted: at it, below it or in its list."""
    return any(
        path == each or path.startswith((f"{each}.", f"{each}[")) or each.startswith(f"{path}[") for each in noted
    )
