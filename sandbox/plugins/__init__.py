"""Stand-ins for the official provider plugins, which no package registry carries. For the sandbox only."""
