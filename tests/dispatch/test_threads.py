"""Many threads that meet many signatures at once."""

from __future__ import annotations

import random
import threading

import numpy as np

from autodiff_compiler import grad

KEYS = "abcdefghij"
# One signature each: 200 dicts that differ in their keys and in what is held under them.
SIGNATURES = [
    {key: kind(2.0) for key in KEYS[: 1 + place // 8]} | {"x": other(3.0), f"k{place}": 1.0}
    for place in range(50)
    for kind in (float, np.float64)
    for other in (float, np.float64)
]


def energy(params):
    return params["x"] * params["x"] * params["a"]


def test_each_signature_is_compiled_once_and_never_wrong() -> None:
    derivative = grad(energy)
    start, wrong = threading.Barrier(32), list[object]()

    def work(seed: int) -> None:
        order = list(SIGNATURES)
        random.Random(seed).shuffle(order)
        start.wait()
        for params in order:
            try:
                found = derivative(params)
                if found["x"] != 12.0 or found["a"] != 9.0 or list(found) != list(params):
                    wrong.append((params, found))
            except Exception as error:
                wrong.append((params, error))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(32)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    assert derivative._core.dispatcher.compilations == len(SIGNATURES) == 200
