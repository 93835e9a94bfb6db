"""What a stack may have left behind: where to look, whose it is, and how it is removed."""
