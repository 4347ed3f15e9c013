"""Decorators that wrap numeric helpers."""

import functools


def scaled_by(factor):
    """A decorator that multiplies what a function gives."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return factor * function(*args, **kwargs)

        return wrapper

    return decorate


def symmetric(function):
    """A decorator that averages a function over x and -x."""

    @functools.wraps(function)
    def wrapper(x, *args):
        return 0.5 * (function(x, *args) + function(-x, *args))

    return wrapper


def clipped_input(low, high):
    """A decorator that keeps a function's first argument within limits."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(x, *args, **kwargs):
            if x < low:
                x = low
            elif x > high:
                x = high
            return function(x, *args, **kwargs)

        return wrapper

    return decorate
