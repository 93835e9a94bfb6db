"""The failures that a plugin reports to the engine."""

from collections.abc import Sequence

from sandbox.plugins.protocol.values import Properties


class PluginError(Exception):
    """A call that failed; the text is shown to the user as it is, so it names the resource and the cause."""


class UnsupportedError(PluginError):
    """Something the official plugin can do and the stand-in does not carry."""


class InitializationError(PluginError):
    """A resource that exists, although a later step of creating or updating it failed.

    The engine records the resource in state with what is given here, and updates it on the next run, so that nothing
    that was made is lost.
    """

    def __init__(
        self,
        message: str,
        *,
        resource_id: str,
        outputs: Properties,
        inputs: Properties,
        reasons: Sequence[str] = (),
    ) -> None:
        """Keep what the engine is to record.

        Args:
            message: What failed, for the user.
            resource_id: The id of the resource that exists.
            outputs: Its state as far as it is known.
            inputs: The inputs to record; those of the call.
            reasons: One text per failed step; the message when empty.
        """
        super().__init__(message)
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = tuple(reasons) or (message,)
