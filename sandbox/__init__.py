"""Emulators of AWS and NVCF, a Kubernetes control plane and plugin stand-ins, on loopback.

For development and tests. Nothing in here is, or talks to, the real thing. `python -m sandbox up` starts it
all; tests start their own with `sandbox.running.Sandbox`.
"""
