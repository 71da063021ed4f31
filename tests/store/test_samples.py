"""Packing and thinning of samples."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from controller.store.samples import SIZE, Sample, pack, shifted, thin, unpack

SAMPLES = st.lists(
    st.builds(Sample, st.integers(0, 20), st.integers(-(1 << 62), 1 << 62), st.floats(allow_nan=False)), max_size=60
)


@given(SAMPLES, SAMPLES)
def test_blocks_can_be_joined_and_unpacked(first: list[Sample], second: list[Sample]) -> None:
    joined = pack(first) + pack(second)
    assert len(joined) == SIZE * (len(first) + len(second))
    assert [Sample(*sample) for sample in unpack(joined)] == first + second


def test_no_value_stays_no_value() -> None:
    [(key, at_ns, value)] = unpack(pack([Sample(9, 1, math.nan)]))
    assert (key, at_ns) == (9, 1)
    assert math.isnan(value)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1 << 40)), max_size=60), st.integers(0, 1 << 40))
def test_a_shift_moves_every_sample_alike(samples: list[tuple[int, int]], offset: int) -> None:
    data = pack(Sample(key, at_ns, 1.0) for key, at_ns in samples)
    assert [(key, at_ns) for key, at_ns, _ in unpack(shifted(data, offset))] == [(k, t + offset) for k, t in samples]


@given(SAMPLES)
def test_thinning_leaves_half_of_each_series_in_order(samples: list[Sample]) -> None:
    # one quality throughout: every second sample goes
    plain = [sample._replace(key=sample.series << 2) for sample in samples]
    left = [Sample(*sample) for sample in unpack(thin(pack(plain)))]
    before, after = Counter(s.series for s in plain), Counter(s.series for s in left)
    assert after == {series: (count + 1) // 2 for series, count in before.items()}
    remaining = iter(plain)
    assert all(sample in remaining for sample in left)


@given(SAMPLES)
def test_thinning_keeps_every_change_of_quality(samples: list[Sample]) -> None:
    changes, quality = [], dict[int, int]()
    for sample in samples:
        if quality.get(sample.series) != sample.key:
            changes.append(sample)
        quality[sample.series] = sample.key
    left = Counter(Sample(*sample) for sample in unpack(thin(pack(samples))))
    assert not Counter(changes) - left
