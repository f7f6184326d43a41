"""Quantile tables: true to SciPy, exact in the mean, the same bits for one draw and for many, and safely kept."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter
from scipy import stats

from twin.distributions import Distribution, mean, variance
from twin.quantile_tables import CELLS, LEVELS, STRIDE, build_table
from twin.sampling import draw_ticks, lookup, lookup_one, quantile_table
from twin.streams import Purpose, uniforms
from twin.units import HOUR

Floats = NDArray[np.float64]
WRITTEN = TypeAdapter[Any](Distribution)
DRAWS = 1_000_000
MEAN = 20 * HOUR
LOGNORMAL = {"kind": "lognormal", "mean": "20 h", "cv": 1.1}
GAMMA = {"kind": "gamma", "mean": "1 h", "cv": 0.3}
KINDS: dict[str, Any] = {
    "fixed": "30 min",
    "exponential": {"kind": "exponential", "mean": "20 h"},
    "gamma": {"kind": "gamma", "mean": "20 h", "cv": 0.6},
    "lognormal": LOGNORMAL,
    "weibull": {"kind": "weibull", "mean": "20 h", "cv": (4 / np.pi - 1) ** 0.5},
    "hyperexponential": {"kind": "hyperexponential", "mean": "20 h", "cv": 2},
    "uniform": {"kind": "uniform", "low": "1 h", "high": "2 h"},
    "triangular": {"kind": "triangular", "low": "1 h", "mode": "2 h", "high": "9 h"},
    "empirical": {"kind": "empirical", "values": ["3 h", "1 h", "2 h"], "weights": [1, 4, 2]},
    "quantiles": {"kind": "quantiles", "values": ["0 h", "1 h", "4 h", "20 h"]},
    "mixture": {"kind": "mixture", "parts": [{"weight": 1, "of": GAMMA}, {"weight": 2, "of": LOGNORMAL}]},
    "mixture with a listed value": {
        "kind": "mixture",
        "parts": [{"weight": 3, "of": "5 min"}, {"weight": 7, "of": LOGNORMAL}],
    },
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def _read(kind: str) -> Any:
    return WRITTEN.validate_python(KINDS[kind])


@cache
def _table(kind: str) -> Floats:
    return build_table(_read(kind))


def _u(kind: str, count: int) -> Floats:
    place = list(KINDS).index(kind)
    numbers = np.arange(count, dtype=np.int64)
    return uniforms(seed=7, replication=0, place=place, work=0, numbers=numbers, visit=0, purpose=Purpose.EFFORT)


def _lognormal() -> Any:
    sigma = np.sqrt(np.log1p(1.1**2))
    return stats.lognorm(sigma, scale=MEAN * np.exp(-(sigma**2) / 2))


def _gamma(centre: float, cv: float) -> Any:
    return stats.gamma(cv**-2, scale=centre * cv**2)


def _phase(share: float) -> Any:
    return stats.expon(scale=MEAN / (2 * share))


OFTEN = (1 + 0.6**0.5) / 2
TRUTH: dict[str, list[tuple[float, Any]]] = {
    "exponential": [(1, stats.expon(scale=MEAN))],
    "gamma": [(1, _gamma(MEAN, 0.6))],
    "lognormal": [(1, _lognormal())],
    "weibull": [(1, stats.weibull_min(2, scale=MEAN / (np.pi**0.5 / 2)))],
    "hyperexponential": [(OFTEN, _phase(OFTEN)), (1 - OFTEN, _phase(1 - OFTEN))],
    "uniform": [(1, stats.uniform(HOUR, HOUR))],
    "triangular": [(1, stats.triang(1 / 8, HOUR, 8 * HOUR))],
    "quantiles": [(1 / 3, stats.uniform(low * HOUR, width * HOUR)) for low, width in ((0, 1), (1, 3), (4, 16))],
    "mixture": [(1 / 3, _gamma(HOUR, 0.3)), (2 / 3, _lognormal())],
}
against_scipy = pytest.mark.parametrize("kind", TRUTH)


def _true_cdf(kind: str) -> Any:
    return lambda x: np.sum([share * part.cdf(x) for share, part in TRUTH[kind]], axis=0)


def _true_moments(kind: str) -> tuple[float, float, float]:
    """Give mean, variance and fourth central moment."""
    m1, m2, m3, m4 = (sum(share * part.moment(order) for share, part in TRUTH[kind]) for order in (1, 2, 3, 4))
    return m1, m2 - m1**2, m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4


@against_scipy
def test_a_million_draws_have_the_true_mean(kind: str) -> None:
    centre, spread, _ = _true_moments(kind)
    error = (spread / DRAWS) ** 0.5
    assert abs(draw_ticks(_table(kind), _u(kind, DRAWS)).mean() - centre) < 4.3 * error


@against_scipy
def test_a_million_draws_have_the_true_sd(kind: str) -> None:
    _, spread, fourth = _true_moments(kind)
    error = ((fourth - spread**2) / DRAWS) ** 0.5 / (2 * spread**0.5)
    assert abs(draw_ticks(_table(kind), _u(kind, DRAWS)).std() - spread**0.5) < 4.3 * error


@against_scipy
def test_a_million_draws_follow_the_true_curve(kind: str) -> None:
    draws = draw_ticks(_table(kind), _u(kind, DRAWS))
    assert stats.kstest(draws, _true_cdf(kind)).pvalue > 1e-4


def test_listed_values_are_drawn_exactly_and_as_often_as_they_should() -> None:
    values, counts = np.unique(draw_ticks(_table("empirical"), _u("empirical", DRAWS)), return_counts=True)
    assert values.tolist() == [HOUR, 2 * HOUR, 3 * HOUR]
    assert stats.chisquare(counts, DRAWS * np.array([4, 2, 1]) / 7).pvalue > 1e-4


def test_a_listed_value_in_a_mixture_has_its_whole_share_and_no_neighbours() -> None:
    short = 5 * 60_000
    below = _lognormal().cdf(short) * 0.7
    around = np.array([below - 1e-9, below + 1e-9, below + 0.3 - 1e-9, below + 0.3 + 1e-9])
    drawn = lookup(_table("mixture with a listed value"), around)
    assert [drawn[0] < short, *(drawn[1:3] == short), drawn[3] > short] == [True] * 4


def test_nothing_is_drawn_between_parts_that_do_not_meet() -> None:
    parts = [{"kind": "uniform", "low": f"{low} h", "high": f"{low + 1} h"} for low in (1, 5)]
    mixture = WRITTEN.validate_python({"kind": "mixture", "parts": [{"weight": 1, "of": part} for part in parts]})
    drawn = lookup(build_table(mixture), np.linspace(0.49, 0.51, 100_001))
    assert not np.any((drawn > 2 * HOUR) & (drawn < 5 * HOUR))


@every_kind
def test_the_mean_of_a_table_is_exact(kind: str) -> None:
    assert _table_moments(_table(kind))[0] == pytest.approx(mean(_read(kind)), rel=1e-12)


CURVES = [("exponential", None)] + [
    (kind, cv) for kind in ("lognormal", "gamma", "weibull") for cv in (0.05, 0.2, 0.6, 1.1, 2, 3, 8, 20)
]


@pytest.mark.parametrize(("kind", "cv"), [*CURVES, ("hyperexponential", 2), ("hyperexponential", 20)])
def test_the_variance_of_a_curve_is_right_within_a_twentieth_of_a_percent(kind: str, cv: float | None) -> None:
    written = {"kind": kind, "mean": "20 h"} | ({} if cv is None else {"cv": cv})
    distribution = WRITTEN.validate_python(written)
    assert _table_moments(build_table(distribution))[1] == pytest.approx(variance(distribution), rel=0.0005)


@every_kind
def test_the_variance_of_every_kind_is_right_within_a_twentieth_of_a_percent(kind: str) -> None:
    assert _table_moments(_table(kind))[1] == pytest.approx(variance(_read(kind)), rel=0.0005, abs=1e-9)


def _everywhere() -> Floats:
    tails = 2.0 ** -np.arange(1.0, 54.0)
    knots = np.concatenate([np.arange(CELLS + 1) / CELLS * 32.0**-level for level in range(LEVELS + 1)])
    exact = np.concatenate([knots, 1 - knots, tails, 1 - tails, np.linspace(0, 1, 20_001)])
    u = np.concatenate([exact, np.nextafter(exact, 0), np.nextafter(exact, 1)])
    return np.unique(np.clip(u, 2.0**-53, 1 - 2.0**-53))


@every_kind
def test_a_greater_u_never_draws_less(kind: str) -> None:
    assert np.all(np.diff(lookup(_table(kind), _everywhere())) >= 0)


@every_kind
def test_one_look_up_has_the_bits_of_many(kind: str) -> None:
    u = _everywhere()
    numbers = _table(kind).tolist()
    assert lookup(_table(kind), u).tolist() == [lookup_one(numbers, one) for one in u.tolist()]


@given(st.sampled_from(list(KINDS)), st.floats(2.0**-53, 1 - 2.0**-53))
def test_one_look_up_has_the_bits_of_many_at_any_u(kind: str, u: float) -> None:
    table = _table(kind)
    assert lookup(table, np.array([u])).tolist() == [lookup_one(table, u)]


@every_kind
def test_draws_never_change(kind: str) -> None:
    assert draw_ticks(_table(kind), _u(kind, 20)).tolist() == PINNED[kind]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path))
    quantile_table.cache_clear()
    yield tmp_path / "tables"
    quantile_table.cache_clear()


def _again(kind: str) -> Floats:
    quantile_table.cache_clear()
    return quantile_table(_read(kind))


def test_a_kept_table_has_the_bits_of_a_computed_one(folder: Path) -> None:
    quantile_table(_read("gamma"))
    written = folder.stat().st_mtime_ns
    assert (_again("gamma").tobytes(), folder.stat().st_mtime_ns) == (_table("gamma").tobytes(), written)


@pytest.mark.usefixtures("folder")
def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        quantile_table(_read("gamma"))[0] = 1


@pytest.mark.usefixtures("folder")
def test_a_kept_table_needs_no_scipy() -> None:
    quantile_table(_read("gamma"))
    program = (
        "import sys; from twin.distributions import Gamma; from twin.sampling import quantile_table;"
        f"quantile_table(Gamma.model_validate({KINDS['gamma']!r})); assert 'scipy' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def _table_moments(table: Floats) -> tuple[float, float]:
    """Integrate a table's straight lines exactly."""
    width, left, right = _piece_lines(table) if table[0] else _grid_lines(table)
    centre = float(width @ (left + right)) / 2
    left, right = left - centre, right - centre
    return centre, float(width @ (left**2 + left * right + right**2)) / 3


def _piece_lines(table: Floats) -> tuple[Floats, Floats, Floats]:
    n = int(table[0])
    width, left = np.diff(table[1 : n + 2]), table[n + 2 : 2 * n + 2]
    return width, left, left + width * table[2 * n + 3 : 3 * n + 3]


def _grid_lines(table: Floats) -> tuple[Floats, Floats, Floats]:
    rows = table[1:].reshape(-1, STRIDE)
    width = np.zeros((len(rows), CELLS))
    width[0, 32:-32] = 1 / CELLS
    for level in range(1, LEVELS + 1):
        for row in (level, level + LEVELS):
            width[row, 0 if level == LEVELS else 32 :] = 32.0**-level / CELLS
    return width.ravel(), rows[:, :-1].ravel(), rows[:, 1:].ravel()


# fmt: off
PINNED: dict[str, list[int]] = {
    "fixed": [
        1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000,
        1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000, 1_800_000,
        1_800_000, 1_800_000, 1_800_000, 1_800_000,
    ],
    "exponential": [
        77_407_390, 85_767_465, 49_860_196, 97_002_398, 28_341_357, 83_030_866, 39_425_500,
        78_998_672, 31_410_247, 92_262_088, 58_647_251, 85_191_883, 202_993_744, 42_017_935,
        88_878_113, 1_253_294, 136_198_148, 23_874_167, 53_538_123, 68_908_264,
    ],
    "gamma": [
        68_292_175, 54_561_537, 102_716_431, 106_100_396, 119_149_312, 201_601_474, 56_006_725,
        34_357_014, 42_560_944, 54_394_056, 19_085_758, 114_093_149, 69_595_637, 49_913_144,
        41_277_413, 147_387_372, 24_041_201, 130_347_842, 40_631_634, 62_097_113,
    ],
    "lognormal": [
        18_512_009, 83_939_204, 6_214_803, 24_794_543, 29_119_763, 20_927_337, 44_010_913,
        14_482_408, 66_357_049, 41_015_856, 73_314_346, 62_505_569, 90_646_964, 26_253_998,
        56_611_483, 9_636_731, 26_517_361, 48_138_063, 86_259_701, 11_840_721,
    ],
    "weibull": [
        35_661_707, 84_650_610, 134_188_078, 121_453_252, 95_473_014, 50_745_942, 76_029_523,
        32_979_088, 61_926_615, 60_522_137, 32_685_972, 73_526_365, 102_790_118, 67_509_019,
        79_064_503, 68_366_501, 67_003_556, 181_642_651, 110_638_552, 125_513_070,
    ],
    "hyperexponential": [
        36_589_535, 581_525_654, 46_407_230, 3_940_663, 108_621_262, 2_564_875, 94_467_096,
        93_516_401, 3_943_424, 725_976, 14_058_525, 42_816_183, 94_378_008, 17_848_226, 7_871_607,
        24_024_148, 44_279_339, 53_323_695, 55_585_420, 28_321_668,
    ],
    "uniform": [
        5_651_595, 7_029_035, 5_408_608, 5_269_727, 5_216_923, 6_427_271, 7_048_037, 4_510_768,
        7_171_967, 4_550_750, 7_014_968, 5_173_131, 4_591_566, 4_978_486, 5_389_730, 4_959_937,
        5_360_336, 4_060_713, 6_043_323, 6_302_316,
    ],
    "triangular": [
        14_193_449, 11_017_728, 16_869_385, 18_018_085, 13_337_653, 7_830_575, 8_283_526,
        17_659_464, 11_811_485, 12_097_915, 11_801_912, 11_436_761, 25_519_893, 6_694_969,
        9_250_460, 14_282_754, 10_698_648, 12_612_810, 5_051_844, 7_708_298,
    ],
    "empirical": [
        7_200_000, 7_200_000, 3_600_000, 3_600_000, 3_600_000, 3_600_000, 3_600_000, 7_200_000,
        3_600_000, 3_600_000, 10_800_000, 10_800_000, 3_600_000, 10_800_000, 10_800_000, 3_600_000,
        3_600_000, 3_600_000, 3_600_000, 7_200_000,
    ],
    "quantiles": [
        2_234_223, 2_551_690, 3_031_259, 21_078_722, 3_534_317, 995_887, 29_762_934, 9_448_709,
        40_942_450, 592_785, 2_053_679, 133_749, 684_373, 4_240_665, 14_041_392, 20_455_937,
        43_050_346, 3_411_940, 13_861_343, 4_831_623,
    ],
    "mixture": [
        56_021_166, 4_251_812, 3_015_930, 75_385_861, 269_671_689, 191_109_501, 23_629_123,
        180_872_014, 53_186_051, 3_604_814, 2_951_890, 142_085_345, 46_838_910, 83_222_377,
        2_427_442, 3_852_869, 3_673_084, 147_036_401, 2_637_106, 2_543_316,
    ],
    "mixture with a listed value": [
        125_031_356, 30_465_782, 300_000, 62_996_067, 56_147_416, 17_377_351, 133_483_590,
        88_473_087, 67_821_067, 300_000, 84_278_979, 26_472_614, 300_000, 300_000, 300_000, 300_000,
        45_043_007, 9_590_466, 74_156_671, 300_000,
    ],
}
# fmt: on
