"""Programs with conversions, type tests, counters, printing and predicates along the way."""

import math
from collections import Counter

import numpy as np

from tests.written.program import Program

BOLTZMANN = 0.0861733
TOLERANCE = 1e-9
DIGITS = {"a": 0, "b": 1, "c": 2}
PRIMES = {2, 3, 5, 7}


def as_list(value):
    """A list of floats from a float or a list of them."""
    if isinstance(value, float):
        return [value]
    return list(value)


def norm_of_any(*parts):
    """The norm of everything in floats, lists and arrays given as parts."""
    total = 0.0
    for part in parts:
        if isinstance(part, np.ndarray):
            total += float(np.sum(part**2))
        elif isinstance(part, (list, tuple)):
            total += sum(float(p) ** 2 for p in part)
        else:
            total += part * part
    return math.sqrt(total)


def melting_temperature(sequence, stacking, salt):
    """The melting temperature of a strand from stacking energies of counted pairs of bases."""
    pairs = Counter(a + b for a, b in zip(sequence, sequence[1:]))  # noqa: RUF007
    enthalpy = 0.3
    for pair, count in sorted(pairs.items()):
        enthalpy += count * stacking.get(pair, 0.2)
    share = sum(1 for base in sequence if base in "GC") / len(sequence)
    return enthalpy / (1.0 + BOLTZMANN * math.log(salt)) + share * salt


def scrabble_odds(word, log_odds):
    """The softmax share of a word's letters from counts of letters and their log odds."""
    counts = Counter(word)
    total = 0.0
    for letter in counts:
        total += counts[letter] * math.exp(log_odds[DIGITS[letter]])
    most, times = counts.most_common(1)[0]
    return times * math.exp(log_odds[DIGITS[most]]) / total


def printed_bisection(low, high, level):
    """A root refined by a Newton step after printed bisections of an exponential."""
    for k in range(4):
        middle = 0.5 * (low + high)
        print(f"{k}: [{low:.3f}, {high:.3f}]", end=" ")
        if math.exp(middle) - middle**2 > level:
            high = middle
        else:
            low = middle
    x = 0.5 * (low + high)
    x -= (math.exp(x) - x**2 - level) / (math.exp(x) - 2.0 * x)
    print()
    print("root:", x)
    return x


def rounded_grid_lookup(x, y, table):
    """A bilinear value from a table of lists with integer parts of the coordinates."""
    i, j = int(x), math.floor(y)
    s, t = x - i, y - j
    top = (1.0 - t) * table[i][j] + t * table[i][j + 1]
    bottom = (1.0 - t) * table[i + 1][j] + t * table[i + 1][j + 1]
    nearest = table[round(x)][round(y)]
    return (1.0 - s) * top + s * bottom + 0.1 * nearest**2


def converged_fixed_point(a, b):
    """A fixed point of cos iterated until all changes are small, by a flag."""
    values = [0.5, 0.7]
    done = False
    rounds = 0
    while not done and rounds < 60:
        new = [math.cos(a * values[1]), 0.5 * math.sin(b * values[0]) + 0.3]
        done = all(abs(n - v) < TOLERANCE for n, v in zip(new, values))
        values = new
        rounds += 1
    return values[0] * values[1]


def screened_outliers(samples, limits):
    """The mean square of the samples that are in any of the allowed intervals."""
    kept = [s for s in samples if any(lo < s < hi for lo, hi in limits)]
    if not kept or len(kept) in PRIMES - {3}:
        return 0.0
    return sum((s - lo) ** 2 for s, (lo, _) in zip(kept, limits)) / len(kept) + kept[-1]


def items_of_arrays(matrix, shift):
    """A sum over items taken out of an array as floats and as nested lists."""
    rows = (matrix + shift).tolist()
    corner = matrix[0, 0].item()
    total = 0.0
    for row in rows:
        *_, last = row
        total += last * corner
    rows[0][1] *= 3.0
    return total + rows[0][1] + float(matrix[1][0]) ** 2


def indexed_by_setdefault(events):
    """The energy of pulses that are merged by cell in a dict built with setdefault."""
    cells = {}
    for time, height in events:
        cells.setdefault(int(time * 2.0), []).append(height * math.exp(-time))
    heights = {cell: sum(members) for cell, members in cells.items()}
    heights.update({-1: 0.5, 99: max(heights.values()) ** 2})
    return sum(h**2 for cell, h in sorted(heights.items()) if cell not in (-1,))


def scalar_or_list_dose(dose, clearance):
    """The exposure to one dose or to a list of doses taken at unit times."""
    amount = 0.0
    exposure = 0.0
    for d in as_list(dose):
        amount += d
        exposure += amount * (1.0 - math.exp(-clearance)) / clearance
        amount *= math.exp(-clearance)
    return exposure + amount / clearance


def best_split(values):
    """The smallest within-group variance over splits, with None for none so far."""
    best, where = None, None
    for k in range(1, len(values)):
        left, right = values[:k], values[k:]
        cost = len(left) * np.var(left) + len(right) * np.var(right)
        if best is None or cost < best:
            best, where = cost, k
    label = f"split at {where}" if where is not None else "none"
    if label.endswith("3"):
        best = best * 2.0
    return best + 0.1 * values[where]


def parsed_polynomial(text, x):
    """A polynomial written as text, its numbers parsed and its variable given."""
    total = 0.0
    for term in text.split("+"):
        if "x^" in term:
            number, power = term.split("x^")
            total += float(number) * x ** int(power)
        elif term.strip().endswith("x"):
            total += float(term.strip()[:-1]) * x
        else:
            total += float(term)
    return total


def stable_until_cold(temperatures, barrier):
    """The Arrhenius rates summed until the first that is too small, with for and else."""
    total = 0.0
    for t in temperatures:
        rate = math.exp(-barrier / (BOLTZMANN * 10.0 * t))
        if rate < 0.1:
            total += 0.5 * rate
            break
        total += rate
    else:
        total *= 2.0
    return total


PROGRAMS = (
    Program(
        norm_of_any,
        lambda: (0.7, [0.4, 1.1], np.array([0.3, -0.8]), (0.2,)),
        wrt=(0, 1, 2, 3),
        features=("isinstance", "float()", "starred parameters", "mixed kinds"),
    ),
    Program(
        melting_temperature,
        lambda: ("GATTACAGA", {"GA": 0.6, "AT": 0.4, "TA": 0.35, "AC": 0.5}, 1.4),
        wrt=(1, 2),
        features=("Counter", "dict.get", "sorted", "strings", "module constant float"),
    ),
    Program(
        scrabble_odds,
        lambda: ("abacabc", [0.2, -0.4, 0.5]),
        wrt=(1,),
        features=("Counter", "most_common", "module constant dict", "strings"),
    ),
    Program(
        printed_bisection,
        lambda: (0.1, 2.0, 1.9),
        wrt=(0, 1, 2),
        features=("print", "f-string", "parameter rebound"),
    ),
    Program(
        rounded_grid_lookup,
        lambda: (1.3, 0.6, [[0.1, 0.5, 0.2], [0.9, 0.4, 0.7], [0.3, 1.2, 0.6]]),
        wrt=(0, 1, 2),
        features=("int()", "round", "floor", "list of lists"),
    ),
    Program(
        converged_fixed_point,
        lambda: (0.8, 1.2),
        wrt=(0, 1),
        features=("any/all with generators", "while", "module constant float", "flag"),
    ),
    Program(
        screened_outliers,
        lambda: ([0.4, 5.0, 1.2, -3.0, 0.9], [(0.0, 0.8), (0.85, 2.0), (7.0, 8.0)]),
        features=("any/all with generators", "comprehension condition", "in", "set difference"),
    ),
    Program(
        items_of_arrays,
        lambda: (np.array([[0.4, 1.1], [0.3, -0.8]]), 0.5),
        wrt=(0, 1),
        features=(".item()", ".tolist()", "starred unpacking", "list item assignment"),
    ),
    Program(
        indexed_by_setdefault,
        lambda: ([(0.2, 0.9), (0.7, 0.5), (0.3, 0.4), (1.2, 0.8)],),
        features=("dict.setdefault", "dict.update", "int()", "not in", "sorted"),
    ),
    Program(
        scalar_or_list_dose,
        lambda: ([0.8, 0.5, 0.9], 0.6),
        wrt=(0, 1),
        features=("isinstance", "list copy"),
    ),
    Program(
        scalar_or_list_dose,
        lambda: (0.8, 0.6),
        wrt=(0, 1),
        features=("isinstance", "list copy"),
    ),
    Program(
        best_split,
        lambda: (np.array([0.2, 0.5, 0.1, 1.4, 1.2]),),
        features=("None best", "is None or", "f-string", "array slices"),
    ),
    Program(
        parsed_polynomial,
        lambda: ("2x^3 + 0.5x^2 + 1.5x + 0.25", 0.7),
        wrt=(1,),
        complex_step=True,
        features=("strings", "float()", "int()", "in"),
    ),
    Program(
        stable_until_cold,
        lambda: ([1.4, 1.1, 0.8, 0.5, 0.9], 1.6),
        wrt=(0, 1),
        features=("for else", "break", "module constant float"),
    ),
)
