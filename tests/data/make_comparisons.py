#!/usr/bin/env python3
"""Recorded comparisons for tests/unit/compare/reference_test.cpp: samples, and what an implementation of
docs/statistics.md that shares nothing with the C++ one makes of them. Needs numpy (python3-numpy).

usage: make_comparisons.py FILE            computes the results of FILE's samples again, and rewrites it
       make_comparisons.py --seed N FILE   draws new samples first: 108 comparisons
"""
import argparse
import gzip
import itertools
import math

import numpy as np

MSS, ALPHA, DRAWS = 1448, 0.01, 19999
DOUBT = 1.5  # verdicts that depend on a p this close to its limit are borderline: another set of draws may differ
SHARES = {"main": 0.8, "local": 0.2}  # nothing was resent
LEAST = {"floor": 0.02, "step": 0.02, "median": 0.02, "tail": 0.25}


# ---------------------------------------------------------------- samples

def draw_samples(seed):
    """108 comparisons of 4, 5, 8 and 10 runs a side in the order of `ab`."""
    rng = np.random.default_rng(seed)
    sizes = np.array([1, 501, 1001, 1401, 1501, 2001, 2401, 2801, 2901, 3401, 3901, 4301])
    for number, (runs, effect) in enumerate(itertools.product((4, 5, 8, 10), range(27))):
        order = []
        while len(order) < 2 * runs:
            block = [0, 0, 1, 1] if 2 * runs - len(order) >= 4 else [0, 1]
            order += [int(side) for side in rng.permutation(block)]
        rounds = 20 if number % 9 == 0 else 10
        deviation = (0.004, 0.015, 0.05)[number % 3]
        samples = []
        for side in order:
            segments = -(-sizes // MSS)
            floor = 30_000 + 0.5 * sizes + 8000 * (segments > 1) + 2200 * np.maximum(segments - 2, 0)
            if side and effect % 4 == 1:
                floor = floor * 1.05
            if side and effect % 4 == 2:
                floor = floor + 3000 * (segments > 1)
            if side and effect % 4 == 3 and effect % 8 == 3:
                floor = floor + 4000 * (sizes == 1401)
            level = np.exp(rng.normal(0, deviation) + rng.normal(0, deviation / 4, len(sizes)))
            excess = rng.gamma(2, 0.02, (rounds, len(sizes))) + 0.3 * (rng.random((rounds, len(sizes))) < 0.02)
            samples.append(np.round(floor * level * (1 + excess) / 10).astype(int).T * 10)
        yield number, rounds, sizes, order, samples


def recorded_samples(path):
    case = None
    with gzip.open(path, "rt") as lines:
        for line in lines:
            kind, *fields = line.split()
            if kind == "case":
                case = (int(fields[0]), int(fields[2]), np.array([int(size) for size in fields[4:]]), [], [])
            elif kind == "run":
                case[3].append(int(fields[0]))
                case[4].append(10 * np.array([int(tens) for tens in fields[1:]]).reshape(len(case[2]), case[1]))
            elif kind == "verdict":
                yield case


# ---------------------------------------------------------------- contrasts

def expected_minimum(samples, draws):
    """Of each row: the mean of the minima of all subsets of `draws` samples."""
    ordered = np.sort(samples, axis=1)
    n = ordered.shape[1]
    weights = np.array([math.comb(n - j, draws - 1) for j in range(1, n + 1)]) / math.comb(n, draws)
    return ordered @ weights


def contrasts(samples, sizes):
    """Columns of one run, and the log floors against the median of their class."""
    floors = np.log(expected_minimum(samples, min(10, samples.shape[1])))
    middle = np.median(samples, axis=1)
    segments = np.maximum(1, -(-sizes // MSS))
    first = segments.min()
    columns = {("floor", "all"): floors.mean(), ("median", "all"): np.log(middle).mean()}
    local = floors.copy()
    for k in np.unique(segments):
        own = segments == k
        columns["floor", str(k)] = floors[own].mean()
        columns["median", str(k)] = np.log(middle)[own].mean()
        if k > first and own.sum() >= 3:
            columns["step", str(k)] = floors[own].mean() - floors[segments == first].mean()
        local[own] -= np.median(floors[own])
    excess = np.log(samples / middle[:, None])
    for name, own in (("all", segments > 0), (str(first), segments == first), (f"{first + 1}+", segments > first)):
        count = int(0.05 * excess[own].size)
        if count >= 10:
            columns["tail", name] = np.sort(excess[own], axis=None)[-count:].mean()
    return columns, local


# ---------------------------------------------------------------- the test

def mid_ranks(column):
    """Equal values share the mean of their ranks."""
    return np.array([(column < value).sum() + ((column == value).sum() + 1) / 2 for value in column])


class Test:
    def __init__(self, order, seed):
        rng = np.random.default_rng(seed)
        self.order = np.array(order, float)
        n = len(order)
        self.is_ranked = min(self.order.sum(), n - self.order.sum()) >= 8
        self.blocks = np.arange(n) // 4
        if self.is_ranked:
            nuisance = (self.blocks[:, None] == np.unique(self.blocks)).astype(float)
            draws = np.stack([self.order] * DRAWS, 1)
            for block in np.unique(self.blocks):
                rows = np.nonzero(self.blocks == block)[0]
                draws[rows] = self.order[rows][np.argsort(rng.random((DRAWS, len(rows))), axis=1)].T
        else:
            nuisance = np.vander(np.linspace(-1, 1, n), 3 if n < 10 else 4)
            draws = rng.standard_normal((n, DRAWS))
        self.basis, _ = np.linalg.qr(nuisance)
        self.df = n - nuisance.shape[1] - 1
        label = self.rest(self.order)
        self.length = np.linalg.norm(label)
        self.unit = label / self.length
        draws = self.rest(draws)
        self.draws = (draws / np.linalg.norm(draws, axis=0)).T
        self.inflation = 1 if self.is_ranked else max(1, self.slow_noise())

    def rest(self, columns):
        return columns - self.basis @ (self.basis.T @ columns)

    def slow_noise(self):
        """Variance of the contrast under AR(1) noise, relative to what the residuals show of it."""
        n = len(self.order)
        covariance = 0.8 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        contrast = self.unit @ covariance @ self.unit
        left = n - np.trace(self.basis.T @ covariance @ self.basis) - contrast
        return contrast * self.df / left

    def t(self, columns, directions, prior=0):
        rest = self.rest(columns)
        b = directions @ rest
        variance = np.maximum((rest ** 2).sum(0) - b ** 2, 0) / self.df
        if prior:
            variance = (prior * variance.mean(-1, keepdims=True) + self.df * variance) / (prior + self.df)
        return b, variance

    def test(self, columns, added, prior=0):
        """t, shift and adjusted p of becoming larger."""
        b, variance = self.t(columns, self.unit[None, :], prior)
        t = (b / np.sqrt(self.inflation * (variance + added) + 1e-16))[0]
        drawn, of_draws = self.t(columns, self.draws, prior)
        largest = (drawn / np.sqrt(of_draws + added + 1e-16)).max(1)
        p = np.array([(1 + (largest >= one - 1e-9).sum()) / (1 + DRAWS) for one in t])
        return b[0] / self.length, p

    def interval(self, column, critical, added, is_ranked):
        def t_at(shift):
            moved = column - shift * self.order
            moved = mid_ranks(moved) / len(moved) if is_ranked else moved
            b, variance = self.t(moved[:, None], self.unit[None, :])
            return (b / np.sqrt(self.inflation * (variance + (0 if is_ranked else added)) + 1e-16))[0, 0]

        def shift_with(wanted):
            low, high = -2 * (np.ptp(column) + 1e-6), 2 * (np.ptp(column) + 1e-6)
            if t_at(low) < wanted:
                return -math.inf
            if t_at(high) > wanted:
                return math.inf
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (middle, high) if t_at(middle) > wanted else (low, middle)
            return (low + high) / 2
        return shift_with(critical), shift_with(-critical)

    def estimate(self, column, shift):
        """Hodges & Lehmann's inside blocks, or least squares."""
        if not self.is_ranked:
            return shift
        return np.median([column[i] - column[j] for i in range(len(column)) for j in range(len(column))
                          if self.blocks[i] == self.blocks[j] and self.order[i] == 1 and self.order[j] == 0])


def student_quantile(probability, df):
    """By bisection of the distribution function, which Simpson's rule integrates."""
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)

    def below(x):
        grid = np.linspace(0, x, 20001)
        density = scale * (1 + grid ** 2 / df) ** (-(df + 1) / 2)
        return 0.5 + (density[0] + density[-1] + 4 * density[1:-1:2].sum() + 2 * density[2:-1:2].sum()) * x / 60000
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < probability else (low, middle)
    return (low + high) / 2


def results(number, sizes, order, samples):
    runs = [contrasts(run, sizes) for run in samples]
    names = [name for name in runs[0][0] if all(name in columns for columns, _ in runs)]
    columns = np.array([[columns[name] for name in names] for columns, _ in runs])
    locals_ = np.array([local for _, local in runs])
    test = Test(order, number + 1)
    tick = math.gcd(*(int(value) for run in samples for value in run.flat))
    added = (tick / math.exp(columns[:, names.index(("floor", "all"))].mean())) ** 2 / 12
    tested = np.array([mid_ranks(column) / len(column) for column in columns.T]).T if test.is_ranked else columns
    shift, p = test.test(tested, 0 if test.is_ranked else added)
    critical = student_quantile(0.975, test.df)
    level = ALPHA * (1 if test.is_ranked else 0.7)
    change, strict, generous = {}, {}, {}
    for i, name in enumerate(names):
        change[name] = test.estimate(columns[:, i], shift[i])
        for hits, factor in ((strict, 1 / DOUBT), (generous, DOUBT)):
            hits[name] = p[i] <= factor * SHARES["main"] * level and change[name] >= math.log1p(LEAST[name[0]])
        low, high = test.interval(columns[:, i], critical, added, test.is_ranked)
        yield f"contrast {name[0]} {name[1]} {change[name]:.6f} {low:.6f} {high:.6f} {p[i]:.5f}"
    first = min((name for name in names if name[0] == "floor" and name[1] != "all"), key=lambda name: int(name[1]))
    is_slower = [any(hit and (name[0] != "step" or change["floor", name[1]] + change[first] > 0)
                     for name, hit in hits.items()) for hits in (strict, generous)]
    shift, p = test.test(locals_, added, prior=20)
    floors = np.array([np.log(expected_minimum(run, min(10, run.shape[1]))) for run in samples])
    for i, size in enumerate(sizes):
        low, high = test.interval(floors[:, i], critical, added, False)
        whole = (low + high) / 2
        for i_hits, factor in enumerate((1 / DOUBT, DOUBT)):
            is_slower[i_hits] |= (p[i] <= factor * SHARES["local"] * level and shift[i] >= math.log1p(LEAST["floor"])
                                  and 2 * whole - shift[i] > 0)
        yield f"local {size} {shift[i]:.6f} {p[i]:.5f}"
    yield f"verdict {'regression' if all(is_slower) else 'borderline' if any(is_slower) else 'no-regression'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    cases = list(recorded_samples(options.file) if options.seed is None else draw_samples(options.seed))
    with gzip.GzipFile(options.file, "wb", mtime=0) as out:
        for number, rounds, sizes, order, samples in cases:
            lines = [f"case {number} rounds {rounds} sizes {' '.join(map(str, sizes))}"]
            lines += [f"run {side} {' '.join(str(value // 10) for value in run.flat)}"
                      for side, run in zip(order, samples)]
            lines += results(number, sizes, order, samples)
            out.write(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
