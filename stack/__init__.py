"""How a stack's settings become components: what `__main__` declares, one subject a module."""
