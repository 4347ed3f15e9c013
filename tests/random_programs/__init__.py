"""Random scalar programs against oracles that know nothing of the compiler.

`generator` draws programs and `graphs` draws expressions, both over a `choices.Choices`, so that
the same grammar is driven by a seed or by Hypothesis. `oracles` says what a program's value and
derivatives are. `harness.check_program` compares the compiler with them, `reduction` makes what
fails small, `runs` does it for thousands, and `long_run.py` is the command.
"""
