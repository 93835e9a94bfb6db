"""What is looked up about users that are to be taken over, before anything is declared."""

from collections.abc import Mapping, Sequence

from components.adopted_user import keys_of_user_to_adopt
from settings import NAMESPACE, Settings, Surroundings


def adopted_users(settings: Settings, around: Surroundings) -> Mapping[str, Sequence[str]]:
    """Return what is said of the keys of each user that is to be taken over, by the registry's name.

    Args:
        settings: the whole configuration.
        around: the project and stack that users are named after.

    Raises:
        pulumi.RunError: a user cannot be taken over.
    """
    return {
        registry.name: keys_of_user_to_adopt(
            f"{NAMESPACE}:registries[{index}].adopt.user", around.iam_name(registry.name)
        )
        for index, registry in enumerate(settings.registries)
        if registry.adopt.user
    }
