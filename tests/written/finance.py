"""Pricing, portfolios and accounts over lists, dicts and arrays that are written."""

import math
from collections import defaultdict, namedtuple

import numpy as np

from tests.written.program import Program

Bond = namedtuple("Bond", ["coupon", "years", "price"])
Trade = namedtuple("Trade", ["side", "quantity", "price"])
BRACKETS = [(0.5, 0.1), (1.0, 0.2), (None, 0.35)]
SHOCKS = np.array([0.4, -0.7, 0.1, 1.2, -0.3])


def bootstrap_curve(bonds):
    """The forward rate at the end of a curve bootstrapped bond by bond into a list."""
    discounts = []
    for bond in bonds:
        known = sum(bond.coupon * d for d in discounts)
        discounts.append((bond.price - known) / (1.0 + bond.coupon))
    return discounts[-2] / discounts[-1] - 1.0 + 0.1 * sum(discounts)


def progressive_tax(income, relief=None):
    """The tax on an income over brackets whose last has no upper end."""
    taxable = income if relief is None else income - relief
    tax = 0.0
    floor = 0.0
    for ceiling, rate in BRACKETS:
        if ceiling is None or taxable < ceiling:
            tax += rate * (taxable - floor)
            break
        tax += rate * (ceiling - floor)
        floor = ceiling
    return tax + 0.05 * taxable**2


def order_book_fill(book, size):
    """The average price of an order that walks through levels of a book of [price, size]."""
    levels = sorted(book, key=lambda level: level[0])
    left = size
    cost = 0.0
    for price, available in levels:
        take = min(left, available)
        cost += take * price
        left -= take
        if left <= 0.0:
            break
    return cost / size


def trade_ledger(trades, mark):
    """The profit of a sequence of trades against a running average cost."""
    book = {"position": 0.0, "cost": 0.0, "realized": 0.0}
    for side, quantity, price in trades:
        if side == "buy":
            book["cost"] += quantity * price
            book["position"] += quantity
        else:
            average = book["cost"] / book["position"]
            book["realized"] += quantity * (price - average)
            book["cost"] -= quantity * average
            book["position"] -= quantity
    return book["realized"] + book["position"] * mark - book["cost"]


def binomial_array_tree(spot, sigma, strike):
    """The price of a European call on a tree whose array is shortened step by step."""
    n = 6
    dt = 1.0 / n
    up = np.exp(sigma * np.sqrt(dt))
    p = (np.exp(0.02 * dt) - 1.0 / up) / (up - 1.0 / up)
    values = np.zeros(n + 1)
    for j in range(n + 1):
        values[j] = max(spot * up ** (2 * j - n) - strike, 0.0)
    for step in range(n, 0, -1):
        values[:step] = np.exp(-0.02 * dt) * (p * values[1 : step + 1] + (1.0 - p) * values[:step])
    return values[0]


def barrier_path(spot, sigma, barrier):
    """The smooth value of a path that is damped near a barrier, kept in an array."""
    path = np.empty(len(SHOCKS) + 1)
    alive = np.ones(len(SHOCKS) + 1)
    path[0] = spot
    for t, shock in enumerate(SHOCKS):
        path[t + 1] = path[t] * np.exp(0.3 * sigma * shock - 0.045 * sigma**2)
        alive[t + 1] = alive[t] / (1.0 + np.exp(-8.0 * (path[t + 1] - barrier)))
    return alive[-1] * np.log1p(np.exp(path[-1] - 1.0)) + 0.1 * np.mean(path)


def rebalanced_portfolio(weights, returns, cost):
    """The wealth of a portfolio rebalanced each period with a cost on turnover."""
    target = weights / np.sum(weights)
    holdings = target.copy()
    for period in returns:
        holdings *= 1.0 + period
        wealth = np.sum(holdings)
        trade = target * wealth - holdings
        holdings += trade
        holdings -= cost * trade**2
    return np.sum(holdings)


def markowitz_frontier(means, factors):
    """The variance of the minimum variance portfolio for a target by bordered equations."""
    n = len(means)
    cov = factors @ factors.T + 0.2 * np.eye(n)
    system = np.zeros((n + 2, n + 2))
    system[:n, :n] = cov
    system[:n, n] = system[n, :n] = means
    system[:n, n + 1] = system[n + 1, :n] = 1.0
    rhs = np.zeros(n + 2)
    rhs[n:] = 0.3, 1.0
    w = np.linalg.solve(system, rhs)[:n]
    return w @ cov @ w


def amortization_schedule(principal, rate, payments):
    """The interest paid over a schedule kept as a list of dict rows."""
    schedule = []
    balance = principal
    for k, payment in enumerate(payments):
        interest = balance * rate
        balance = balance + interest - payment
        schedule.append({"month": k + 1, "interest": interest, "balance": balance})
    late = [row["interest"] for row in schedule if row["month"] > 1]
    return sum(late) + schedule[-1]["balance"] ** 2


def waterfall_tranches(cash, sizes):
    """The soft losses of tranches paid in order from a pool, by name."""
    names = ["senior", "mezzanine", "equity"]
    paid = {}
    for name, size in zip(names, sizes):
        amount = size * math.tanh(cash / size)
        paid[name] = amount
        cash -= amount
    shortfall = {name: size - paid[name] for name, size in zip(names, sizes)}
    return paid["equity"] + sum((k + 1) * s for k, s in enumerate(shortfall.values()))


def netting_exposure(deals):
    """The squared net exposure by counterparty over a list of tuples."""
    net = defaultdict(float)
    gross = defaultdict(list)
    for party, amount, side in deals:
        signed = amount if side == "owe" else -amount
        net[party] += signed
        gross[party].append(amount)
    worst = max(gross, key=lambda party: sum(gross[party]))
    return sum(v**2 for v in net.values()) + max(gross[worst])


def volatility_surface(quotes, strike, expiry):
    """A variance interpolated over expiries and strikes in a dict of lists of quotes."""
    smile = {}
    for t, row in quotes.items():
        (k0, v0), (k1, v1) = row
        w = (strike - k0) / (k1 - k0)
        smile[t] = ((1.0 - w) * v0 + w * v1) ** 2 * t
    near, far = sorted(smile)
    share = (expiry - near) / (far - near)
    total = (1.0 - share) * smile[near] + share * smile[far]
    return math.sqrt(total / expiry)


PROGRAMS = (
    Program(
        bootstrap_curve,
        lambda: ([Bond(0.02, 1, 0.99), Bond(0.03, 2, 1.0), Bond(0.04, 3, 1.01)],),
        complex_step=True,
        features=("list of namedtuples", "append", "generator", "negative index"),
    ),
    Program(
        progressive_tax,
        lambda: (1.3, 0.15),
        wrt=(0, 1),
        features=("None default", "module constant list", "is None or", "break"),
    ),
    Program(
        order_book_fill,
        lambda: ([[1.02, 0.5], [0.99, 0.3], [1.05, 2.0], [1.0, 0.4]], 1.0),
        wrt=(0, 1),
        features=("sorted with key", "list of lists", "min", "break"),
    ),
    Program(
        trade_ledger,
        lambda: (
            [
                Trade("buy", 1.0, 0.9),
                Trade("buy", 0.5, 1.1),
                Trade("sell", 0.7, 1.2),
                Trade("buy", 0.4, 1.0),
                Trade("sell", 0.3, 1.3),
            ],
            1.15,
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("list of namedtuples", "string mode", "dict item +=", "tuple unpacking"),
    ),
    Program(
        binomial_array_tree,
        lambda: (1.0, 0.3, 0.97),
        wrt=(0, 1, 2),
        features=("binomial tree", "overlapping slices", "slice write", "a[j] = v"),
    ),
    Program(
        barrier_path,
        lambda: (1.1, 0.5, 0.8),
        wrt=(0, 1, 2),
        features=("module constant array", "np.empty filled", "enumerate array"),
    ),
    Program(
        rebalanced_portfolio,
        lambda: (
            np.array([0.5, 0.3, 0.4]),
            [np.array([0.1, -0.05, 0.02]), np.array([-0.2, 0.3, 0.04])],
            0.8,
        ),
        wrt=(0, 1, 2),
        features=("list of arrays", "whole-array *=", "whole-array +=", "whole-array -="),
    ),
    Program(
        markowitz_frontier,
        lambda: (np.array([0.1, 0.4, 0.25]), np.array([[0.5, 0.1], [0.3, -0.4], [0.2, 0.6]])),
        wrt=(0, 1),
        features=("slice write 2-D", "chained assignment", "slice from tuple", "linear solve"),
    ),
    Program(
        amortization_schedule,
        lambda: (1.0, 0.05, [0.2, 0.25, 0.3]),
        wrt=(0, 1, 2),
        complex_step=True,
        features=("list of dicts", "comprehension condition", "append", "enumerate"),
    ),
    Program(
        waterfall_tranches,
        lambda: (1.2, [0.8, 0.5, 0.3]),
        wrt=(0, 1),
        features=("dict item assignment", "dict comprehension", "parameter rebound"),
    ),
    Program(
        netting_exposure,
        lambda: (
            [
                ("bank", 0.8, "owe"),
                ("fund", 0.5, "own"),
                ("bank", 0.3, "own"),
                ("fund", 0.2, "owe"),
                ("bank", 0.6, "owe"),
            ],
        ),
        features=("defaultdict", "max with key", "heterogeneous tuples", "append"),
    ),
    Program(
        volatility_surface,
        lambda: ({0.5: [(0.9, 0.3), (1.2, 0.25)], 1.0: [(0.8, 0.28), (1.3, 0.22)]}, 1.05, 0.8),
        wrt=(0, 1, 2),
        features=("dict keyed by floats", "nested unpacking", "sorted", "dict.items"),
    ),
)
