"""What the program costs, next to one that declares the same resources by hand. Measurements, not tests."""
