"""Pieces of programs in which it matters which arrays share memory.

(title, what it needs, text, what it makes[, a function beside it]): A_ is an array of rank 1 to
write to, B_ an expression of the same extent, M_ a matrix to write to, S_ a number, N_ and O_ new
names. `N:a` says that N is made with A's extent, `r` and `c` are M's extents.
"""

from __future__ import annotations

Template = tuple[str, ...]

HELPERS: tuple[Template, ...] = (
    ("scale_into", "AS", "scale_into(A_, S_)", "",
     "def scale_into(v, s):\n    v *= s"),
    ("bump", "AS", "bump(A_, S_)", "",
     "def bump(v, s):\n    v[0] += s\n    return v"),
    ("bump", "ASN", "N_ = bump(A_, S_)", "N:a",
     "def bump(v, s):\n    v[0] += s\n    return v"),
    ("tail", "ASN", "N_ = tail(A_)\nN_ *= S_", "N:a-1",
     "def tail(v):\n    return v[1:]"),
    ("tail", "AN", "N_ = tail(A_)", "N:a-1",
     "def tail(v):\n    return v[1:]"),
    ("flipped", "ASN", "N_ = flipped(A_)\nA_[0] = S_", "N:a",
     "def flipped(v):\n    return v[::-1]"),
    ("swapped", "ABN", "N_ = B_ + 0.0\nA_, N_ = swapped(A_, N_)", "N:a",
     "def swapped(u, v):\n    return v, u"),
    ("swapped", "ABSN", "N_ = B_ + 0.0\nA_, N_ = swapped(A_, N_)\nA_[0] += S_", "N:a",
     "def swapped(u, v):\n    return v, u"),
    ("set_first", "ASN", "N_ = set_first(A_, S_)", "N:float",
     "def set_first(v, s):\n    v[0] = s\n    return v.sum()"),
    ("smooth", "AN", "N_ = smooth(A_)", "N:a",
     "def smooth(v):\n    out = np.zeros_like(v)\n    for i in range(len(v)):\n"
     "        out[i] = 0.5 * v[i] + 0.25 * v[i - 1]\n    return out"),
    ("maybe", "ASN", "N_ = maybe(A_, S_)", "N:a",
     "def maybe(v, s):\n    if s > 0:\n        return v\n    return v.copy()"),
    ("maybe", "ASN", "N_ = maybe(A_, S_)\nA_ += 1.0", "N:a",
     "def maybe(v, s):\n    if s > 0:\n        return v\n    return v.copy()"),
    ("add_to", "AB", "add_to(A_, B_)", "",
     "def add_to(target, source):\n    target += source"),
    ("add_to", "A", "add_to(A_, A_)", "",
     "def add_to(target, source):\n    target += source"),
    ("add_to", "A", "add_to(A_[1:], A_[:-1])", "",
     "def add_to(target, source):\n    target += source"),
    ("row_of", "MSN", "N_ = row_of(M_, 0)\nN_ += S_", "N:c",
     "def row_of(m, i):\n    return m[i]"),
    ("normalise", "M", "for row_ in M_:\n    normalise(row_)", "",
     "def normalise(v):\n    v /= 1.0 + np.sum(v ** 2)"),
    ("step", "ASN", "N_ = A_\nfor _ in range(3):\n    N_ = step(N_, S_)", "N:a",
     "def step(v, s):\n    new = v.copy()\n    new[1:] += s * v[:-1]\n    return new"),
    ("push", "ASN", "N_ = []\npush(N_, A_, S_)\npush(N_, A_, 2.0)\nN_ = np.stack(N_)", "N:2,a",
     "def push(items, v, s):\n    items.append(v * s)"),
    ("update", "ASN", 'N_ = {"v": A_}\nupdate(N_, S_)\nN_ = N_["v"]', "N:a",
     'def update(state, s):\n    state["v"] = state["v"] * s'),
    ("update_in", "ASN", 'N_ = {"v": A_}\nupdate_in(N_, S_)\nN_ = N_["v"]', "N:a",
     'def update_in(state, s):\n    state["v"][0] *= s'),
)  # fmt: skip

IDIOMS: tuple[Template, ...] = (
    ("double buffer", "ASN",
     "N_ = np.zeros_like(A_)\nfor t_ in range(3):\n    for i_ in range(len(A_)):\n"
     "        N_[i_] = 0.5 * A_[i_] + S_ * A_[i_ - 1]\n    A_, N_ = N_, A_", "N:a"),
    ("double buffer of slices", "ASN",
     "N_ = A_.copy()\nfor t_ in range(2):\n    N_[1:] = A_[:-1] * S_\n    A_, N_ = N_, A_", "N:a"),
    ("double buffer, odd swap", "ASN",
     "N_ = A_.copy()\nfor t_ in range(3):\n    N_[0] = S_ * A_[-1]\n    if t_ != 1:\n"
     "        A_, N_ = N_, A_", "N:a"),
    ("rebound then written", "ASN", "N_ = A_\nA_ = A_ + S_\nA_[0] = 0.5", "N:a"),
    ("alias then augmented", "ASN", "N_ = A_\nA_ += S_", "N:a"),
    ("alias then rebound", "ASN", "N_ = A_\nA_ = A_ * S_", "N:a"),
    ("view then base written", "ASN", "N_ = A_[1:]\nA_[0] = S_\nA_ *= 0.5", "N:a-1"),
    ("view written", "ASN", "N_ = A_[:-1]\nN_ += S_", "N:a-1"),
    ("view of a view", "ASN", "N_ = A_[1:][::-1]\nN_[0] = S_", "N:a-1"),
    ("conditional alias", "ASBN",
     "N_ = B_ + 0.0\nif S_ > 0:\n    N_ = A_\nA_[0] = 2.0 * A_[-1]", "N:a"),
    ("conditional alias, read", "ASBN",
     "N_ = B_ * 1.5\nif S_ > 0:\n    N_ = A_", "N:a"),
    ("alias by expression", "ASBN", "N_ = A_ if S_ > 0 else B_ * 2.0\nN_[0] += 1.0", "N:a"),
    ("rows written", "MS", "for row_ in M_:\n    row_ *= S_", ""),
    ("rows by index", "MS", "for i_ in range(M_.shape[0]):\n    row_ = M_[i_]\n"
     "    row_[0] = S_ + row_[-1]", ""),
    ("row handed on", "MSN", "N_ = M_[0]\nfor i_ in range(len(M_)):\n    M_[i_] = M_[i_] + S_ * N_"
     "\n    N_ = M_[i_]", "N:c"),
    ("elements rebound", "ASN", "N_ = 0.0\nfor e_ in A_:\n    e_ += S_\n    N_ += e_ * e_",
     "N:float"),
    ("swapped rows", "M", "M_[0], M_[-1] = M_[-1].copy(), M_[0].copy()", ""),
    ("swapped rows, shared", "M", "M_[0], M_[-1] = M_[-1], M_[0]", ""),
    ("permuted rows", "M", "M_[[0, -1]] = M_[[-1, 0]]", ""),
    ("appended copies", "ASN", "N_ = []\nfor t_ in range(3):\n    A_[0] += S_\n"
     "    N_.append(A_.copy())\nN_ = np.array(N_)", "N:3,a"),
    ("appended itself", "ASN", "N_ = []\nfor t_ in range(3):\n    A_[0] += S_\n"
     "    N_.append(A_)\nN_ = np.stack(N_)", "N:3,a"),
    ("appended numbers", "ASN", "N_ = []\nfor e_ in A_:\n    N_.append(e_ * S_)\n"
     "N_ = np.array(N_)", "N:a"),
    ("appended and summed", "ASN", "N_ = []\nfor i_ in range(len(A_)):\n"
     "    N_.append(np.sin(A_[i_]) * S_)\nN_ = sum(N_)", "N:float"),
    ("appended views", "AN", "N_ = []\nfor i_ in range(2):\n    N_.append(A_[1:])\n"
     "A_[-1] = 2.0\nN_ = np.stack(N_)", "N:2,a-1"),
    ("comprehension", "ASN", "N_ = np.array([e_ * S_ for e_ in A_])", "N:a"),
    ("stacked rows", "MSN", "N_ = np.stack([row_ * S_ for row_ in M_])", "N:r,c"),
    ("shrinking view", "AN", "N_ = A_\nwhile len(N_) > 1:\n    N_ = N_[1:] * 0.5 + N_[:-1]",
     "N:1"),
    ("shrinking view written", "ASN",
     "N_ = A_\nwhile len(N_) > 1:\n    N_ = N_[1:]\n    N_[0] += S_", "N:1"),
    ("recurrence", "AS", "for i_ in range(1, len(A_)):\n    A_[i_] += S_ * A_[i_ - 1]", ""),
    ("recurrence backwards", "AS",
     "for i_ in range(len(A_) - 2, -1, -1):\n    A_[i_] = A_[i_] - S_ * A_[i_ + 1]", ""),
    ("overwritten with itself", "AS", "A_[:] = A_[::-1] * S_", ""),
    ("shifted within itself", "A", "A_[1:] = A_[:-1]", ""),
    ("shifted sum", "A", "A_[1:] += A_[:-1]", ""),
    ("read between writes", "ASN", "N_ = A_[0]\nA_[0] = S_\nN_ = N_ * A_[0]", "N:float"),
    ("old value kept", "ASN", "N_ = A_.copy()\nA_[0] = S_\nA_ *= N_", "N:a"),
    ("nought-dimensional view", "AN", "N_ = A_[0, ...]\nN_ += 1.0\nN_ = N_ * 1.0", "N:float"),
    ("in one branch", "AS", "if S_ > 0.2:\n    A_[0] = S_ * A_[-1]", ""),
    ("in one branch of a loop", "AS", "for i_ in range(len(A_)):\n    if A_[i_] > 0:\n"
     "        A_[i_] = S_ * A_[i_]", ""),
    ("clipped by mask", "AS", "A_[A_ < 0] = 0.0\nA_[A_ > 1] *= S_", ""),
    ("mask kept", "ASN", "N_ = A_ > S_\nA_[N_] = A_[N_] * 2.0 + 1.0\nN_ = np.where(N_, A_, 0.0)",
     "N:a"),
    ("early exit", "ASN", "N_ = 0.0\nfor i_ in range(len(A_)):\n    A_[i_] *= S_\n"
     "    N_ += A_[i_]\n    if N_ > 1.0:\n        break", "N:float"),
    ("while", "AN", "N_ = 0\nwhile np.sum(A_ ** 2) > 0.5 and N_ < 4:\n    A_ *= 0.5\n    N_ += 1\n"
     "N_ = N_ * 1.0", "N:float"),
    ("running best", "ASN", "N_ = A_[0]\nfor e_ in A_:\n    if e_ * S_ > N_:\n        N_ = e_",
     "N:float"),
    ("transposed write", "MS", "M_.T[0] += S_", ""),
    ("written through transpose", "MSN", "N_ = M_.T\nN_[0] *= S_", "N:c,r"),
    ("written through ravel", "MSN", "N_ = M_.ravel()\nN_[0] = S_", "N:z"),
    ("written through reshape", "MSN", "N_ = M_.reshape(-1)\nN_[1:] += S_", "N:z"),
    ("triangle", "MS", "for i_ in range(M_.shape[0]):\n    for j_ in range(min(i_, M_.shape[1])):\n"
     "        M_[i_, j_] -= S_ * M_[j_, j_]", ""),
    ("elimination", "M", "for k_ in range(1, M_.shape[0]):\n"
     "    M_[k_:] -= np.outer(np.sin(M_[k_:, 0]), M_[k_ - 1])", ""),
    ("broadcast into", "MA", "M_[:] = A_[0]", ""),
    ("unpacked", "AN", "N_, *_ = A_\nA_[0] = 0.3", "N:float"),
    ("unpacked rows", "MN", "N_, *rest_ = M_\nN_[0] += 1.0", "N:c"),
    ("shared list items", "ASN", "N_ = [A_, A_]\nN_[0][0] = S_\nN_ = N_[1] * 2.0", "N:a"),
    ("list item replaced", "ASN", "N_ = [A_, A_ * 2.0]\nN_[0] = N_[0] + S_\nN_[1][0] = 0.5\n"
     "N_ = N_[0] + N_[1]", "N:a"),
    ("list item augmented", "ASN", "N_ = [A_, A_ * 2.0]\nN_[0] += S_\nN_ = N_[0] + N_[1]", "N:a"),
    ("dict item augmented", "ASN", 'N_ = {"u": A_}\nN_["u"] += S_\nN_ = N_["u"] * 2.0', "N:a"),
    ("closure", "ASN", "def add_(v):\n    A_[0] += v\n    return A_\n\nN_ = add_(S_)", "N:a"),
    ("accumulated outside", "ASN", "N_ = np.zeros(len(A_))\nfor t_ in range(3):\n"
     "    N_ += np.sin(A_ * t_) * S_", "N:a"),
    ("accumulated anew", "ASNO", "N_ = np.zeros(len(A_))\nfor t_ in range(3):\n"
     "    O_ = N_\n    N_ = N_ + A_ * S_\n    O_[0] = t_", "N:a"),
    ("history", "ASN", "N_ = [A_]\nfor t_ in range(2):\n    N_.append(np.tanh(N_[-1]) + S_ * N_[0])"
     "\nN_ = N_[-1] + N_[1]", "N:a"),
    ("moving average", "AN", "N_ = np.zeros_like(A_)\nfor i_ in range(len(A_)):\n"
     "    N_[i_] = np.mean(A_[max(0, i_ - 1):i_ + 2])", "N:a"),
    ("prefix sums", "AN", "N_ = np.zeros(len(A_) + 1)\nfor i_ in range(len(A_)):\n"
     "    N_[i_ + 1] = N_[i_] + A_[i_]", "N:prefix"),
    ("histogram", "ASN",
     "N_ = np.zeros(3)\nfor i_, e_ in enumerate(A_):\n    N_[i_ % 3] += e_ * S_", "N:3"),
    ("gathered", "AN", "N_ = A_[np.array([0, -1, 0])]\nA_[0] = 1.0", "N:3"),
    ("scattered", "AS", "A_[np.array([0, -1, 0])] += S_", ""),
    ("sliced by length", "AN", "N_ = A_[:len(A_) // 2]\nN_ = np.sum(N_ ** 2)", "N:float"),
    ("split", "ANO", "N_, O_ = A_[:2], A_[2:]\nN_ = np.sum(N_) * 2.0 + np.sum(O_ ** 2)", "N:float"),
)  # fmt: skip
