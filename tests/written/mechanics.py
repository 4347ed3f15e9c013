"""Moving bodies: particles in arrays, rigid bodies, linkages, orbits and vehicles."""

import math
from dataclasses import dataclass, field

import numpy as np

from tests.written.program import Program

GRAVITY = np.array([0.0, -1.0])
GM = 1.0


@dataclass
class Rocket:
    """A rocket with its altitude, speed and fuel."""

    altitude: float = 0.0
    speed: float = 0.0
    fuel: float = 1.0
    burned: list[float] = field(default_factory=list)


@dataclass
class Particle:
    """A particle with plain float coordinates."""

    x: float
    y: float
    vx: float
    vy: float


class Cart:
    """A pole on a cart whose state is an array."""

    def __init__(self, angle, length):
        self.state = np.array([0.0, angle, 0.0, 0.0])
        self.length = length

    def push(self, force, dt):
        """Moves the cart by one step."""
        x, theta, v, w = self.state
        alpha = (np.sin(theta) - force * np.cos(theta)) / self.length
        self.state[0] = x + dt * v
        self.state[1] = theta + dt * w
        self.state[2] += dt * force
        self.state[3] += dt * alpha


def verlet_chain(positions, stiffness):
    """The energy of a hanging chain of beads after velocity Verlet on 2-D arrays."""
    x = positions.copy()
    v = np.zeros_like(x)
    dt = 0.05

    def forces():
        f = np.tile(GRAVITY, (len(x), 1))
        link = x[1:] - x[:-1]
        length = np.sqrt(np.sum(link**2, axis=1, keepdims=True))
        pull = stiffness * (length - 1.0) * link / length
        f[:-1] += pull
        f[1:] -= pull
        f[0] = 0.0
        return f

    f = forces()
    for _ in range(5):
        v += 0.5 * dt * f
        x += dt * v
        f = forces()
        v += 0.5 * dt * f
    return 0.5 * np.sum(v**2) + x[-1, 1]


def gravitating_bodies(masses, positions):
    """The angular momentum-like sum of three bodies stepped in lists of lists."""
    pos = [list(p) for p in positions]
    vel = [[0.0, 0.3], [0.1, -0.2], [-0.2, 0.0]]
    n = len(masses)
    for _ in range(6):
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                dx = pos[j][0] - pos[i][0]
                dy = pos[j][1] - pos[i][1]
                r3 = (dx * dx + dy * dy + 0.05) ** 1.5
                vel[i][0] += 0.05 * masses[j] * dx / r3
                vel[i][1] += 0.05 * masses[j] * dy / r3
        for p, v in zip(pos, vel):
            p[0] += 0.05 * v[0]
            p[1] += 0.05 * v[1]
    return sum(m * (p[0] * v[1] - p[1] * v[0]) + p[0] ** 2 for m, p, v in zip(masses, pos, vel))


def rigid_body_spin(omega, inertia):
    """The tilt of a free rigid body after Euler's equations with an orientation matrix."""
    w = omega.copy()
    rotation = np.eye(3)
    dt = 0.1
    skew = np.zeros((3, 3))
    for _ in range(6):
        momentum = inertia * w
        w += dt * np.cross(momentum, w) / inertia
        skew[0, 1], skew[1, 0] = -w[2], w[2]
        skew[0, 2], skew[2, 0] = w[1], -w[1]
        skew[1, 2], skew[2, 1] = -w[0], w[0]
        rotation += dt * rotation @ skew
        rotation[:, 0] /= np.sqrt(np.sum(rotation[:, 0] ** 2))
    return rotation[2, 2] + 0.3 * rotation[0, 1] + w[1]


def quaternion_attitude(rates):
    """The heading after quaternion steps with a list of rate vectors."""
    q = [1.0, 0.0, 0.0, 0.0]
    for wx, wy, wz in rates:
        a, b, c, d = q
        half = 0.25
        q[0] = a - half * (b * wx + c * wy + d * wz)
        q[1] = b + half * (a * wx + c * wz - d * wy)
        q[2] = c + half * (a * wy - b * wz + d * wx)
        q[3] = d + half * (a * wz + b * wy - c * wx)
        norm = math.sqrt(sum(part * part for part in q))
        q = [part / norm for part in q]
    return math.atan2(2.0 * (q[0] * q[3] + q[1] * q[2]), 1.0 - 2.0 * (q[2] ** 2 + q[3] ** 2))


def rocket_ascent(thrust, drag):
    """The altitude of a rocket whose record and burn log are written each step."""
    rocket = Rocket()
    dt = 0.1
    while rocket.fuel > 0.25:
        burn = 0.1 * thrust * (0.5 + 0.5 * rocket.fuel)
        mass = 0.5 + rocket.fuel
        rocket.speed += dt * (thrust / mass - 1.0 - drag * rocket.speed**2)
        rocket.altitude += dt * rocket.speed
        rocket.fuel -= burn
        rocket.burned.append(burn)
    return rocket.altitude + rocket.speed + sum(b**2 for b in rocket.burned)


def collide_particles(particles, restitution):
    """The kinetic energy of particles in a list after collisions that write two records."""
    balls = [Particle(p.x, p.y, p.vx, p.vy) for p in particles]
    for i, a in enumerate(balls):
        for b in balls[i + 1 :]:
            nx, ny = b.x - a.x, b.y - a.y
            gap = math.hypot(nx, ny)
            nx, ny = nx / gap, ny / gap
            closing = (a.vx - b.vx) * nx + (a.vy - b.vy) * ny
            if closing > 0.0:
                kick = 0.5 * (1.0 + restitution) * closing
                a.vx -= kick * nx
                a.vy -= kick * ny
                b.vx += kick * nx
                b.vy += kick * ny
    return sum(0.5 * (p.vx**2 + p.vy**2) + p.x * p.vy for p in balls)


def pole_on_cart(angle, length, gain):
    """The cost of balancing a pole by an object whose state array is written by a method."""
    cart = Cart(angle, length)
    cost = 0.0
    for _ in range(8):
        force = gain * cart.state[1] + 0.5 * cart.state[3]
        cart.push(force, 0.1)
        cost += cart.state[1] ** 2 + 0.01 * force**2
    return cost + cart.state[0] ** 2


def forward_kinematics(angles, lengths):
    """The height and reach of an arm whose joints are appended and stacked."""
    joints = [np.zeros(2)]
    heading = 0.0
    for angle, length in zip(angles, lengths):
        heading += angle
        joints.append(joints[-1] + length * np.array([np.cos(heading), np.sin(heading)]))
    joints = np.array(joints)
    return joints[-1] @ joints[-1] + np.sum(joints[:, 1])


def inverse_kinematics(start, target):
    """The reach error after cyclic coordinate descent on an array of joint angles."""
    angles = start.copy()
    for joint in (1, 0, 1):
        ends = np.zeros((3, 2))
        total = 0.0
        for k in range(2):
            total += angles[k]
            ends[k + 1, 0] = ends[k, 0] + np.cos(total)
            ends[k + 1, 1] = ends[k, 1] + np.sin(total)
        tip = ends[2] - ends[joint]
        goal = target - ends[joint]
        angles[joint] += 0.5 * np.arctan2(
            tip[0] * goal[1] - tip[1] * goal[0], tip[0] * goal[0] + tip[1] * goal[1]
        )
    reach = np.array([np.cos(angles[0]), np.sin(angles[0])])
    reach += [np.cos(angles[0] + angles[1]), np.sin(angles[0] + angles[1])]
    return np.sum((reach - target) ** 2)


def kepler_orbit(state, steps):
    """The eccentricity of an orbit after RK4 steps with stages stored in an array."""
    y = state.copy()
    h = 0.1
    stages = np.zeros((4, 4))
    nodes = [0.0, 0.5, 0.5, 1.0]
    for _ in range(steps):
        for s in range(4):
            z = y + h * nodes[s] * stages[s - 1]
            r3 = (z[0] ** 2 + z[1] ** 2) ** 1.5
            stages[s, :2] = z[2:]
            stages[s, 2:] = -GM * z[:2] / r3
        y += h / 6.0 * (stages[0] + 2.0 * stages[1] + 2.0 * stages[2] + stages[3])
    r = np.hypot(y[0], y[1])
    momentum = y[0] * y[3] - y[1] * y[2]
    ex = y[3] * momentum / GM - y[0] / r
    ey = -y[2] * momentum / GM - y[1] / r
    return ex**2 + ey**2 + y[0]


def bicycle_track(steering, speed):
    """The lateral error of a vehicle along a slalom of steering commands in a dict state."""
    car = {"x": 0.0, "y": 0.0, "heading": 0.0}
    for t, steer in enumerate(steering):
        gain = 1.0 if t % 2 == 0 else -0.5
        car["heading"] += 0.2 * speed * math.tan(gain * steer)
        car["x"] += 0.2 * speed * math.cos(car["heading"])
        car["y"] += 0.2 * speed * math.sin(car["heading"])
    return 10.0 * car["y"] ** 2 + car["x"]


def rope_relaxation(points, rest):
    """The sag of a rope after position-based constraint passes that write pairs of points."""
    p = points.copy()
    for _ in range(4):
        p[1:-1, 1] -= 0.05
        for i in range(len(p) - 1):
            gap = p[i + 1] - p[i]
            length = np.sqrt(gap @ gap)
            correction = 0.5 * (1.0 - rest / length) * gap
            p[i] += correction
            p[i + 1] -= correction
        p[0] = points[0]
        p[-1] = points[-1]
    return np.sum(p[:, 1]) + np.sum(p[1:-1, 0] ** 2)


PROGRAMS = (
    Program(
        verlet_chain,
        lambda: (np.array([[0.0, 0.0], [0.9, 0.1], [1.7, -0.2], [2.8, 0.1]]), 3.0),
        wrt=(0, 1),
        features=("Verlet", "closure over written array", "slice +=", "a[0] = v"),
    ),
    Program(
        gravitating_bodies,
        lambda: ([1.0, 0.6, 0.8], [(0.0, 0.0), (1.0, 0.2), (-0.4, 0.9)]),
        wrt=(0, 1),
        complex_step=True,
        features=("list of lists", "list item +=", "loop over lists written", "continue"),
    ),
    Program(
        rigid_body_spin,
        lambda: (np.array([0.3, 1.1, -0.4]), np.array([1.0, 1.6, 2.1])),
        wrt=(0, 1),
        features=("rigid body", "tuple of item writes", "a[:, j] /= v", "whole-array +="),
    ),
    Program(
        quaternion_attitude,
        lambda: ([(0.2, 0.1, 0.9), (-0.3, 0.4, 0.7), (0.1, -0.6, 0.5)],),
        features=("list item assignment", "list rebinding", "list of tuples", "unpacking"),
    ),
    Program(
        rocket_ascent,
        lambda: (2.1, 0.15),
        wrt=(0, 1),
        features=("dataclass defaults", "attribute writes", "list attribute", "while"),
    ),
    Program(
        collide_particles,
        lambda: (
            [
                Particle(0.0, 0.0, 1.0, 0.1),
                Particle(0.8, 0.1, -0.5, 0.2),
                Particle(0.3, 0.9, 0.1, -0.9),
            ],
            0.8,
        ),
        wrt=(0, 1),
        features=("list of dataclasses", "attribute writes", "alias of record", "slicing lists"),
    ),
    Program(
        pole_on_cart,
        lambda: (0.3, 0.9, 2.0),
        wrt=(0, 1, 2),
        features=("object with methods", "array attribute written", "unpacking an array"),
    ),
    Program(
        forward_kinematics,
        lambda: (np.array([0.4, 0.3, -0.7]), [1.0, 0.8, 0.5]),
        wrt=(0, 1),
        complex_step=True,
        features=("append then array", "list of arrays", "zip"),
    ),
    Program(
        inverse_kinematics,
        lambda: (np.array([0.4, 0.9]), np.array([0.5, 1.3])),
        wrt=(0, 1),
        features=("a[i, j] = v", "a[i] += v", "array += list", "loop over tuple"),
    ),
    Program(
        kepler_orbit,
        lambda: (np.array([1.0, 0.1, -0.1, 0.9]), 4),
        features=("stages stored in array", "row slice write", "whole-array +=", "stale row read"),
    ),
    Program(
        bicycle_track,
        lambda: ([0.2, 0.3, 0.1, 0.25], 1.2),
        wrt=(0, 1),
        features=("dict item +=", "enumerate", "conditional expression"),
    ),
    Program(
        rope_relaxation,
        lambda: (np.array([[0.0, 0.0], [0.9, 0.1], [1.7, -0.2], [2.8, 0.1]]), 0.8),
        wrt=(0, 1),
        features=("row +=", "row -=", "column slice -=", "row assignment"),
    ),
)
