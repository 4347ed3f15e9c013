"""Which sequences certainly have one length, and how often a loop runs."""

from __future__ import annotations

from autodiff_compiler.ir.lengths import Lengths, lengths_of
from autodiff_compiler.ir.types import FLOAT, INT
from autodiff_compiler.ir.values import Loop, Range, Value
from tests.building import FLOATS, Write, upto

XS, YS = Value(FLOATS, "xs"), Value(FLOATS, "ys")


def over(build: Write, *sequences: Value, **more: object) -> Loop:
    elements = [Value(FLOAT, "e") for _ in sequences]
    return build.loop(
        Write(),
        consume=list(zip(sequences, elements, strict=True)),
        collect=elements[:1],
        trips=Value(INT, "trips"),
        **more,
    )


def found(build: Write) -> Lengths:
    return lengths_of(build.nodes)


def test_what_is_as_long_as_its_operand() -> None:
    build = Write()
    zeros = build("zeros_like", XS)
    added = build("index_add", zeros, 0, 1.0)
    summed = build("seq_add", added, YS)
    lengths = found(build)
    assert lengths.sequence(XS) == lengths.sequence(zeros)
    assert lengths.sequence(zeros) == lengths.sequence(added) == lengths.sequence(summed)
    assert lengths.sequence(XS) != lengths.sequence(YS)


def test_a_loop_over_one_sequence_collects_as_many() -> None:
    build = Write()
    node = over(build, XS)
    lengths = found(build)
    assert lengths.trips[node] == lengths.sequence(XS) == lengths.sequence(node.sequences[0])


def test_a_range_of_a_length_is_that_long() -> None:
    build = Write()
    count = build("len", XS)
    plain = over(build, XS, space=upto(count))
    shifted = over(build, XS, space=upto(count, 1))
    lengths = found(build)
    assert lengths.trips[plain] == lengths.sequence(XS)
    assert lengths.trips[shifted] != lengths.sequence(XS)


def test_equal_ranges_are_of_one_length() -> None:
    build, n = Write(), Value(INT, "n")
    a, b = over(build, space=upto(n, 2, 3)), over(build, space=upto(n, 2, 3), backwards=True)
    c = over(build, space=upto(n, 2, 4))
    lengths = found(build)
    assert lengths.trips[a] == lengths.trips[b] != lengths.trips[c]


def test_the_shorter_of_two_is_a_length_of_its_own() -> None:
    build = Write()
    node = over(build, XS, YS)
    again = over(build, XS, YS)
    lengths = found(build)
    assert lengths.trips[node] not in (lengths.sequence(XS), lengths.sequence(YS))
    assert lengths.trips[node] != lengths.trips[again], "not known to be equal"


def test_a_count_is_at_most_what_bounded_its_loop() -> None:
    build = Write()
    node = over(build, XS, YS)
    saved = node.sequences[0]
    lengths = found(build)
    assert lengths.sequence(saved) == lengths.trips[node]
    back = over(build, saved, XS, backwards=True)
    assert found(build).trips[back] == found(build).sequence(saved)


def test_a_while_loop_has_a_count_of_its_own() -> None:
    build, counter, test, body = Write(), Value(INT, "k"), Write(), Write()
    going = test("lt", counter, 3)
    more = body("add", counter, 1)
    trips = Value(INT, "trips")
    x = Value(FLOAT, "x")
    node = build.loop(
        body,
        carry=[(0, counter, more)],
        consume=[(XS, x)],
        collect=[x],
        test=test.result(going),
        trips=trips,
    )
    back = over(build, space=Range(upto(0).start, trips, upto(0).step), backwards=True)
    lengths = found(build)
    assert lengths.trips[node] == lengths.sequence(node.sequences[0]) != lengths.sequence(XS)
    assert lengths.trips[back] == lengths.trips[node]
