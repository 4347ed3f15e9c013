def f(x: float, xs: list[float]) -> float:
    while x < 10.0:
        x = 2.0 * x
        if x == 4.0:
            break
    while (y := 0.5 * x) > 1.0:
        x = y
    for value in xs:
        if value > 0.0:
            x = x + value
        else:
            continue
        while True:
            x = x + 1.0
            if x > 100.0:
                return x
    for k in range(3):
        x = x + k
        break
    else:
        x = 0.0
    return x
