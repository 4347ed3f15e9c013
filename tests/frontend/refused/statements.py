# ruff: noqa: F821, F841


def f(x: float) -> float:

    global g
    try:
        y = 1 / x
        z = unknown_in_try
    except ZeroDivisionError as error:
        y = error
        raise
    finally:
        del x
    with open("file") as file:
        y = file
    match x:
        case [a, b]:
            y = a @ b

    async def co():
        await x

    class C:
        pass

    @decorated
    def inner():
        pass

    y.value = 1
    y[0] = 1
    (p, q[1]), *r = 1, 2
    inner()
    return C
