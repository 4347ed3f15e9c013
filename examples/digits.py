"""Train a small neural network to read handwritten digits.

The network is two matrix products with a tanh between them; `loss` below is all that is
written of it, and `value_and_grad` writes the derivative that trains it. The images are
the 1,797 scans of 8 x 8 pixels that come with scikit-learn; 360 of them, always the same,
are held back and read only by the trained network.

    python examples/digits.py [--out DIRECTORY]

prints the generated derivative, the progress of the training and, last, how many of the
held-back images are read correctly. The loss curve, what the first layer looks for and
some of the held-back images are saved as pictures in DIRECTORY, or else in pictures/.
"""

import argparse
import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from autodiff_compiler import value_and_grad

SEED = 1
HELD_BACK = 360
HIDDEN = 64
EPOCHS = 30
BATCH = 32
RATE = 0.1
MOMENTUM = 0.9
DECAY = 1e-3  # pull of the weights towards zero

Layer = tuple[np.ndarray, np.ndarray]  # weights, inputs by outputs, and one offset per output


def log_softmax(scores):
    """Logarithms of probabilities, one row per image."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def network(layers, images):
    """The logarithm of the probability of each digit, one row per image."""
    signal = images
    for weights, offsets in layers[:-1]:
        signal = np.tanh(signal @ weights + offsets)
    weights, offsets = layers[-1]
    return log_softmax(signal @ weights + offsets)


def loss(layers, images, labels):
    """How improbable the network finds the right digits, and how large its weights are."""
    log_p = network(layers, images)
    surprise = -log_p[np.arange(len(labels)), labels].mean()
    size = 0.0
    for weights, _ in layers:
        size += np.sum(weights**2)
    return surprise + DECAY * size


loss_and_slopes = value_and_grad(loss)


def initial_layers(rng: np.random.Generator, sizes: list[int]) -> list[Layer]:
    return [
        (rng.normal(0.0, 1.0 / math.sqrt(ins), (ins, outs)), np.zeros(outs))
        for ins, outs in pairwise(sizes)
    ]


def zeros_like(layers: list[Layer]) -> list[Layer]:
    return [(np.zeros_like(weights), np.zeros_like(offsets)) for weights, offsets in layers]


def add(layers: list[Layer], factor: float, others: list[Layer]) -> list[Layer]:
    """layers + factor * others"""
    return [
        (weights + factor * more_weights, offsets + factor * more_offsets)
        for (weights, offsets), (more_weights, more_offsets) in zip(layers, others, strict=True)
    ]


def dot(layers: list[Layer], others: list[Layer]) -> float:
    return sum(
        float(np.vdot(array, other))
        for layer, other_layer in zip(layers, others, strict=True)
        for array, other in zip(layer, other_layer, strict=True)
    )


def check_slopes(
    rng: np.random.Generator, layers: list[Layer], images: np.ndarray, labels: np.ndarray
) -> None:
    """Compare the slope in one random direction with the difference of two losses."""
    direction = [
        (rng.normal(size=weights.shape), rng.normal(size=offsets.shape))
        for weights, offsets in layers
    ]
    h = 1e-5
    ahead = loss(add(layers, h, direction), images, labels)
    behind = loss(add(layers, -h, direction), images, labels)
    difference = (ahead - behind) / (2.0 * h)
    _, slopes = loss_and_slopes(layers, images, labels)
    slope = dot(slopes, direction)
    print(f"Slope in a random direction: {slope:+.8f} generated, {difference:+.8f} by differences")
    if not math.isclose(slope, difference, rel_tol=1e-6):
        raise SystemExit("the generated derivative disagrees with differences")


def accuracy(layers: list[Layer], images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images whose most probable digit is the right one."""
    return float(np.mean(network(layers, images).argmax(axis=1) == labels))


def show_progress(epoch: int, done: float, mean_loss: float) -> None:
    """On a terminal, one bar for the whole training; elsewhere, one line an epoch."""
    if sys.stdout.isatty():
        filled = round(40 * (epoch - 1 + done) / EPOCHS)
        bar = "#" * filled + "." * (40 - filled)
        end = "\n" if epoch == EPOCHS and done == 1.0 else ""
        print(f"\r[{bar}] epoch {epoch}/{EPOCHS}  loss {mean_loss:.4f}", end=end, flush=True)
    elif done == 1.0:
        print(f"epoch {epoch:>2}/{EPOCHS}  loss {mean_loss:.4f}", flush=True)


def train(
    rng: np.random.Generator, layers: list[Layer], images: np.ndarray, labels: np.ndarray
) -> tuple[list[Layer], list[float]]:
    """Stochastic gradient descent with momentum; the layers and the loss of every batch."""
    velocity = zeros_like(layers)
    losses: list[float] = []
    for epoch in range(1, EPOCHS + 1):
        rate = RATE * 0.5 * (1.0 + math.cos(math.pi * (epoch - 1) / EPOCHS))
        order = rng.permutation(len(images))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        for number, batch in enumerate(batches, start=1):
            value, slopes = loss_and_slopes(layers, images[batch], labels[batch])
            velocity = add(slopes, MOMENTUM, velocity)
            layers = add(layers, -rate, velocity)
            losses.append(float(value))
            show_progress(epoch, number / len(batches), float(np.mean(losses[-number:])))
    return layers, losses


def draw_losses(losses: list[float], path: Path) -> None:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    per_epoch = len(losses) // EPOCHS
    epochs = np.arange(1, len(losses) + 1) / per_epoch
    means = np.reshape(losses, (EPOCHS, per_epoch)).mean(axis=1)
    axes.semilogy(epochs, losses, color="#9ecae1", linewidth=0.6, label="each batch")
    axes.semilogy(np.arange(EPOCHS) + 0.5, means, color="#08519c", label="mean of the epoch")
    axes.set(xlabel="epoch", ylabel="loss, with the size of the weights", xlim=(0, EPOCHS))
    axes.set_title("Learning to read digits")
    axes.set_yticks([0.2, 0.5, 1.0, 2.0], labels=["0.2", "0.5", "1", "2"])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def draw_weights(weights: np.ndarray, path: Path) -> None:
    """The weights into each hidden unit, as the image to which it responds most."""
    figure = Figure(figsize=(6.4, 6.9), layout="constrained")
    figure.suptitle(f"What each of the {HIDDEN} hidden units looks for (red: ink, blue: none)")
    bound = float(np.quantile(np.abs(weights), 0.995))
    columns = math.isqrt(HIDDEN)
    for axes, column in zip(figure.subplots(columns, columns).flat, weights.T, strict=True):
        axes.imshow(column.reshape(8, 8), cmap="RdBu_r", vmin=-bound, vmax=bound)
        axes.set_axis_off()
    figure.savefig(path, dpi=120)


def draw_readings(images: np.ndarray, labels: np.ndarray, read: np.ndarray, path: Path) -> None:
    """Held-back images and what was read, the wrong readings first."""
    order = np.argsort(read == labels, kind="stable")
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    wrong = int(np.sum(read != labels))
    figure.suptitle(f"Held-back images as read, the {wrong} misread ones first")
    for axes, k in zip(figure.subplots(4, 8).flat, order, strict=False):
        right = read[k] == labels[k]
        axes.imshow(images[k].reshape(8, 8), cmap="gray_r")
        text = f"{read[k]}" if right else f"{read[k]}, not {labels[k]}"
        axes.set_title(text, fontsize=9, color="black" if right else "#cb181d")
        axes.set_axis_off()
    figure.savefig(path, dpi=120)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("pictures"), metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    digits = load_digits()
    images, labels = digits.data / 16.0 - 0.5, digits.target
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(images))
    held_back, training = order[:HELD_BACK], order[HELD_BACK:]
    layers = initial_layers(rng, [64, HIDDEN, 10])
    print(f"{len(images)} images of digits: {len(training)} to learn from, {HELD_BACK} held back")
    print(f"A network of 64 inputs, {HIDDEN} hidden units and 10 outputs, {EPOCHS} epochs")
    check_slopes(rng, layers, images[training[:BATCH]], labels[training[:BATCH]])
    print()
    print("The generated function that trains it")
    print()
    print(loss_and_slopes.source)

    layers, losses = train(rng, layers, images[training], labels[training])
    read = network(layers, images[held_back]).argmax(axis=1)
    paths = [options.out / f"digits_{what}.png" for what in ("loss", "weights", "read")]
    draw_losses(losses, paths[0])
    draw_weights(layers[0][0], paths[1])
    draw_readings(images[held_back], labels[held_back], read, paths[2])

    print()
    print("Pictures:", *paths)
    learned = accuracy(layers, images[training], labels[training])
    print(f"accuracy on the images learned from {100 * learned:.1f} %")
    print(f"held-back accuracy {100 * np.mean(read == labels[held_back]):.1f} %")


if __name__ == "__main__":
    main()
