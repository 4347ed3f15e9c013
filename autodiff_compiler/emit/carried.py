"""Which carried values are computed at the very end of a loop's body.

Usually a carried value gets its next one where that is computed: `x = f(x)`. Where the old one is
read after that, it would need another name. Computed at the end, it needs none:

    %a_2 = … ; next %b, %b_2    # %b_2 = add %a, %b        a, b = b, a + b
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autodiff_compiler.ir.values import Node, Operand, Value, results_of
from autodiff_compiler.ir.walk import values_read


def deferred(
    nodes: Sequence[Node],
    args: Sequence[Value],
    nexts: Sequence[Operand],
    uses: Mapping[Value, int],
) -> set[Value]:
    """The next values, read nowhere else, whose carried value is read after they are computed.

    What is deferred is evaluated at the end, and so reads at the end what it reads: that may
    defer others.
    """
    where = {result: place for place, node in enumerate(nodes) for result in results_of(node)}
    end = len(nodes)
    last = dict.fromkeys(args, -1)
    for place, node in enumerate(nodes):
        last.update((each, place) for each in values_read([node]) if each in last)
    for arg, following in zip(args, nexts, strict=True):
        if isinstance(following, Value) and following in last and following is not arg:
            last[following] = end
    waiting = [
        (arg, following)
        for arg, following in zip(args, nexts, strict=True)
        if isinstance(following, Value) and following in where and uses[following] == 1
    ]
    found: set[Value] = set()
    while True:
        late = [(arg, following) for arg, following in waiting if last[arg] > where[following]]
        if not late:
            return found
        waiting = [pair for pair in waiting if pair not in late]
        for _, following in late:
            found.add(following)
            reads = _expression_reads(following, nodes, where, uses)
            last.update((each, end) for each in reads if each in last)


def _expression_reads(
    value: Value,
    nodes: Sequence[Node],
    where: Mapping[Value, int],
    uses: Mapping[Value, int],
) -> set[Value]:
    """What is read by a value's expression, as far as it may go."""
    found: set[Value] = set()
    waiting = [value]
    while waiting:
        node = nodes[where[waiting.pop()]]
        for each in values_read([node]):
            found.add(each)
            if each in where and each.name is None and uses[each] == 1:
                waiting.append(each)
    return found
