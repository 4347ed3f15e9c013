"""Functions that the programs call from another module."""

FACTOR = 1.25


def cube(x):
    return x * x * x


def scaled(x, factor=FACTOR):
    if x > 1:
        return cube(x) * factor
    return x
