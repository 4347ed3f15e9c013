"""Ordinary numeric programs in plain Python and NumPy."""
