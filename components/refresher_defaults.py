"""What the refresher of a pull secret is by default: for the settings and for the component alike.

Apart from the component, since that imports the Kubernetes SDK, which reading a configuration must not wait for.
"""

from typing import Final

#: A fresh pull secret is needed at least twice in its token's life of 12 hours, so that one missed run does no harm.
REFRESH_SCHEDULE: Final = "17 */4 * * *"

#: Has kubectl, the AWS CLI and a shell; mirror it and set the pull secret's `image` where it cannot be pulled.
REFRESHER_IMAGE: Final = "docker.io/alpine/k8s:1.35.0"
