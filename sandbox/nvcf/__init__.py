"""Sandbox stand-in for NVIDIA Cloud Functions' registry-credential API. An emulator, not NVIDIA's server.

It answers as the real server was recorded to answer (`tests/data/nvcf-server-exchanges*.jsonl`), keeps its state in
memory, and listens on loopback. `python -m sandbox.nvcf --port N` runs it; `create_app` in `sandbox.nvcf.app` gives
the same server as an ASGI application for in-process tests. `docs/emulator.md` describes its test hooks.

Nothing here imports the project's client: each side is written from the contract, so that they check each other.
"""
