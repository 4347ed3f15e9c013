# fmt: off
# ruff: noqa: W191


def f(x: float) -> float:
	if x > 0.0:
		print("größer als 0 零"); y = x @ x
	else:
		y = x
	return y
