"""Random programs over NumPy arrays: views, aliases, writes, broadcasting, containers.

`generator` draws a module's text and the texts of arguments to call it with, `oracle` runs it on
numbers that carry their derivatives, `harness.check` compares the compiler with both, `reduction`
makes what fails small, `runs` does it for many, and `long_run.py` is the command.
"""
