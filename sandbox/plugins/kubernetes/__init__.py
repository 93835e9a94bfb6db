"""STAND-IN for the pulumi-kubernetes provider plugin: the sandbox's own, not the official one."""
