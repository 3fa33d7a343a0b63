"""Synthetic univariate series for training the default model.

Every series is drawn from one numpy Generator, so a seed fixes the whole pool. `pool` returns an array
[series, ticks] of doubles. No recorded data is used.
"""

import numpy as np


def log_uniform(rng, low, high, size=None):
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def choose(rng, options):
    return options[rng.integers(len(options))]


def innovations(rng, ticks):
    """Noise of unit scale: Gaussian, heavy-tailed, skewed, or Gaussian with calm and rough stretches."""
    kind = rng.integers(5)
    if kind <= 1:
        return rng.standard_normal(ticks)
    if kind == 2:
        return np.clip(rng.standard_t(3, ticks), -12, 12) / 1.6
    if kind == 3:
        shape = log_uniform(rng, 0.5, 8)
        return (rng.gamma(shape, size=ticks) - shape) / np.sqrt(shape)
    length = int(rng.integers(20, 200))
    roughness = np.repeat(log_uniform(rng, 0.3, 3, ticks // length + 1), length)[:ticks]
    return rng.standard_normal(ticks) * roughness


def filtered(noise, coefficients):
    """An autoregressive filter: y[t] = sum_k coefficients[k] y[t-1-k] + noise[t]."""
    order = len(coefficients)
    taps = [float(c) for c in coefficients]
    out = [0.0] * (len(noise) + order)
    for t, value in enumerate(noise.tolist()):
        for k in range(order):
            value += taps[k] * out[order + t - 1 - k]
        out[order + t] = value
    return np.array(out[order:])


def autoregression(rng, ticks):
    burn = 200
    noise = innovations(rng, ticks + burn)
    if rng.random() < 0.6:
        coefficients = [1 - 1 / log_uniform(rng, 1.05, 150)]
        if rng.random() < 0.1:
            coefficients = [-rng.uniform(0.1, 0.8)]
    else:
        # Roots inside the unit circle, real or a conjugate pair, so that every draw is stationary.
        radius = 1 - 1 / log_uniform(rng, 2, 60)
        if rng.random() < 0.6:
            angle = 2 * np.pi / log_uniform(rng, 3, 200)
            coefficients = [2 * radius * np.cos(angle), -radius * radius]
        else:
            other = rng.uniform(-0.6, 0.95)
            coefficients = [radius + other, -radius * other]
    y = filtered(noise, coefficients)[burn:]
    return y / (y.std() + 1e-9)


def random_walk(rng, ticks):
    steps = innovations(rng, ticks)
    if rng.random() < 0.3:
        steps = steps * (rng.random(ticks) < log_uniform(rng, 0.02, 0.5))
    if rng.random() < 0.3:
        steps = filtered(steps, [rng.uniform(-0.4, 0.9)])
    return np.cumsum(steps) / np.sqrt(ticks) * 2 + rng.uniform(-1, 1) * np.linspace(0, 1, ticks)


def sines(rng, ticks):
    t = np.arange(ticks)
    y = np.zeros(ticks)
    for _ in range(rng.integers(1, 5)):
        period = log_uniform(rng, 3, 700)
        y += log_uniform(rng, 0.1, 1) * np.sin(2 * np.pi * (t / period + rng.random()))
    return y / (y.std() + 1e-9)


def daily(rng, ticks):
    """A repeated profile (smooth, blocky or spiky) whose amplitude drifts and has a slower rhythm."""
    period = int(choose(rng, [24, 48, 96, 144, 288])) if rng.random() < 0.7 else int(log_uniform(rng, 8, 400))
    phase = np.arange(period) / period
    kind = rng.integers(3)
    if kind == 0:
        profile = np.zeros(period)
        for k in range(1, 5):
            profile += rng.standard_normal() / k * np.sin(2 * np.pi * (k * phase + rng.random()))
    elif kind == 1:
        blocks = int(rng.integers(2, 7))
        profile = rng.standard_normal(blocks)[(phase * blocks).astype(int)]
    else:
        profile = np.exp(log_uniform(rng, 2, 30) * (np.cos(2 * np.pi * (phase - rng.random())) - 1))
    t = np.arange(ticks) + rng.integers(period)
    y = profile[t % period]
    if rng.random() < 0.5:
        y = y * np.where((t // period) % 7 < 5, 1, rng.uniform(0.3, 1))
    if rng.random() < 0.5:
        y = y * (1 + 0.3 * random_walk(rng, ticks))
    return (y - y.mean()) / (y.std() + 1e-9)


def steps(rng, ticks):
    """Levels that hold for a random while."""
    changes = rng.random(ticks) < 1 / log_uniform(rng, 5, 500)
    levels = rng.standard_normal(ticks) if rng.random() < 0.6 else rng.integers(0, 3, ticks).astype(float)
    index = np.maximum.accumulate(np.where(changes, np.arange(ticks), 0))
    return levels[index]


def pulses(rng, ticks):
    """Spikes: at random or regular times, of one tick, of a few, or decaying."""
    y = np.zeros(ticks)
    gap = log_uniform(rng, 4, 300)
    if rng.random() < 0.5:
        at = np.cumsum(rng.exponential(gap, int(ticks / gap * 2) + 5) + 1)
    else:
        jitter = rng.choice([0.0, 0.5, 1.5])
        at = np.arange(rng.random() * gap, ticks, gap)
        at = at + rng.normal(0, 1, len(at)) * jitter
    at = at[(at >= 0) & (at < ticks)].astype(int)
    heights = log_uniform(rng, 0.5, 2, len(at)) if rng.random() < 0.6 else rng.gamma(1.0, size=len(at))
    np.add.at(y, at, heights)
    shape = rng.integers(4)
    if shape == 1:
        y = np.convolve(y, np.ones(int(rng.integers(2, 12))))[:ticks]
    elif shape == 2:
        y = filtered(y, [rng.uniform(0.2, 0.95)])
    elif shape == 3:
        y = np.convolve(y, choose(rng, [[0.3, 1.0, 0.3], [0.5, 1.0], [0.2, 0.6, 1.0, 0.6, 0.2]]))[:ticks]
    sign = -1 if rng.random() < 0.15 else 1
    return sign * y / (y.std() + 1e-9)


def bursts(rng, ticks):
    """Stretches of activity, noisy or falling, over a quiet floor."""
    y, t = np.zeros(ticks), 0
    gap, length = log_uniform(rng, 15, 500), log_uniform(rng, 3, 120)
    roughness, varied, falling = log_uniform(rng, 0.01, 0.5), rng.random() < 0.5, rng.random() < 0.4
    while t < ticks:
        t += int(rng.exponential(gap)) + 1
        n = min(int(rng.exponential(length)) + 1, max(ticks - t, 0))
        height = log_uniform(rng, 0.3, 2) if varied else 1.0
        shape = np.exp(-3 * np.arange(n) / length) if falling else np.ones(n)
        y[t:t + n] = height * shape * (1 + roughness * innovations(rng, n))
        t += n
    return y / (y.std() + 1e-9) + log_uniform(rng, 1e-3, 0.2) * innovations(rng, ticks)


def ramps(rng, ticks):
    """Counters and saw teeth."""
    t = np.arange(ticks, dtype=float)
    kind = rng.integers(3)
    if kind == 0:
        period = log_uniform(rng, 6, 800)
        return 3.5 * ((t / period + rng.random()) % 1.0)
    if kind == 1:
        return np.cumsum(rng.gamma(log_uniform(rng, 0.3, 10), size=ticks)) / ticks
    changes = rng.random(ticks) < 1 / log_uniform(rng, 20, 300)
    slopes = rng.standard_normal(ticks)[np.maximum.accumulate(np.where(changes, t, 0).astype(int))]
    return np.cumsum(slopes) / 30


def square(rng, ticks):
    if rng.random() < 0.5:
        period = log_uniform(rng, 4, 400)
        return np.where((np.arange(ticks) / period + rng.random()) % 1.0 < rng.uniform(0.1, 0.9), 1.0, -1.0)
    stay = 1 - 1 / log_uniform(rng, 2, 200, 2)
    state, y = 0, np.zeros(ticks)
    for t, u in enumerate(rng.random(ticks).tolist()):
        if u > stay[state]:
            state = 1 - state
        y[t] = state
    return 2 * y - 1


def noise(rng, ticks):
    y = innovations(rng, ticks)
    return np.exp(0.7 * y) if rng.random() < 0.2 else y


def counts(rng, ticks):
    """Counts of events whose rate drifts and may follow a day."""
    drift = choose(rng, [sines, daily, autoregression, random_walk])(rng, ticks)
    rate = log_uniform(rng, 0.1, 100) * np.exp(rng.uniform(0, 1) * drift)
    y = rng.poisson(np.clip(rate, 0, 1e5)).astype(float)
    return (y - y.mean()) / (y.std() + 1e-9)


FAMILIES = [(autoregression, 5), (random_walk, 4), (sines, 3), (daily, 5), (steps, 3), (pulses, 5), (ramps, 2),
            (square, 2), (noise, 3), (counts, 2), (bursts, 3)]


def one(rng, ticks):
    weights = np.array([w for _, w in FAMILIES], float)
    draw = lambda: FAMILIES[rng.choice(len(FAMILIES), p=weights / weights.sum())][0](rng, ticks)
    y = draw()
    for _ in range(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2])):
        y = y + log_uniform(rng, 0.05, 1.5) * draw()
    if rng.random() < 0.6:
        level = log_uniform(rng, 0.005, 1)
        bursts = 1 + 0.5 * np.abs(autoregression(rng, ticks)) if rng.random() < 0.3 else 1
        y = y + level * y.std() * innovations(rng, ticks) * bursts
    if rng.random() < 0.15:
        y = np.exp(np.clip(rng.uniform(0.3, 1.2) * (y - y.mean()) / (y.std() + 1e-9), -8, 6))
    if rng.random() < 0.12:
        y = np.maximum(y, np.quantile(y, rng.uniform(0.05, 0.6)))
    if rng.random() < 0.1:
        y = np.minimum(y, np.quantile(y, rng.uniform(0.5, 0.97)))
    if rng.random() < 0.25:
        grid = y.std() * log_uniform(rng, 0.02, 1) + 1e-9
        y = np.round(y / grid) * grid
    if rng.random() < 0.1:
        # A change of regime: another scale and level from some tick on.
        at = rng.integers(ticks // 8, ticks)
        y = y.copy()
        y[at:] = y[at:] * log_uniform(rng, 0.3, 3) + rng.standard_normal() * 3 * y.std()
    if rng.random() < 0.15:
        # The same signal moved to another level, for good or for a while.
        at, height = rng.integers(ticks // 8, ticks), log_uniform(rng, 2, 30) * choose(rng, [-1, 1, 1])
        until = ticks if rng.random() < 0.6 else at + int(log_uniform(rng, 5, 500))
        y = y.copy()
        y[at:until] += height * min(y.std(), 2 * np.sqrt(np.mean(np.diff(y) ** 2)))
    return y


def pool(seed, series, ticks):
    """[series, ticks]; every series moves at least a little in the first half and has a finite scale."""
    rng = np.random.default_rng(seed)
    rows = []
    while len(rows) < series:
        y = one(rng, ticks)
        scale = y.std()
        if np.isfinite(scale) and scale > 1e-6 and np.any(np.diff(y[:ticks // 2]) != 0):
            rows.append((y - y.mean()) / scale)
    return np.array(rows)
