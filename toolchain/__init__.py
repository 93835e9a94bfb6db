"""The command-line tools this project needs, and how they get into ``.toolchain/bin``.

Standard library only: ``python3 -m toolchain install`` is what a fresh clone runs before any virtual
environment exists. Start reading at ``families``: what is installed. Then ``install``: how.
"""
