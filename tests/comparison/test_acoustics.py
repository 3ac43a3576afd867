import numpy as np
import pytest
from scipy import signal

from semdnn.comparison import acoustics
from semdnn.comparison.acoustics import STATISTICS, SpectralStatistics, analyse

RATE = 16_000
TIME = np.arange(2 * RATE) / RATE
TONE = analyse(0.5 * np.sin(2 * np.pi * 1000 * TIME))
NOISE = analyse(0.1 * np.random.default_rng(0).standard_normal(10 * RATE))


def test_the_power_spectrum_is_welchs():
    samples = np.random.default_rng(1).standard_normal(1024 + 512 * 7)
    window = np.sin(np.pi * (np.arange(1024) + 0.5) / 1024) ** 2
    expected = signal.welch(
        samples, RATE, window=window, nperseg=1024, noverlap=512, detrend=False
    )[1]
    ratio = analyse(samples).power[1:-1] / expected[1:-1]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


def test_a_tone_has_its_frequency_and_nothing_else():
    assert acoustics.centroid_hz(TONE) == pytest.approx(1000, abs=1)
    assert acoustics.spread_hz(TONE) < 20
    assert acoustics.flatness(TONE) < 1e-5
    assert acoustics.roll_off_hz(TONE) == pytest.approx(1000, abs=32)
    assert acoustics.zero_crossings_hz(TONE) == pytest.approx(2000, abs=2)
    assert acoustics.harmonicity(TONE) == pytest.approx(1, abs=0.01)
    assert acoustics.level_db(TONE) == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.01)
    assert acoustics.crest_db(TONE) == pytest.approx(0, abs=0.01)


def test_white_noise_is_flat_and_lies_in_the_middle():
    assert acoustics.flatness(NOISE) == pytest.approx(1, abs=0.02)
    assert acoustics.centroid_hz(NOISE) == pytest.approx(4000, rel=0.02)
    assert acoustics.spread_hz(NOISE) == pytest.approx(8000 / np.sqrt(12), rel=0.02)
    assert acoustics.skewness(NOISE) == pytest.approx(0, abs=0.03)
    assert acoustics.roll_off_hz(NOISE) == pytest.approx(0.95 * 8000, rel=0.02)
    assert acoustics.zero_crossings_hz(NOISE) == pytest.approx(RATE / 2, rel=0.02)
    assert acoustics.level_db(NOISE) == pytest.approx(-20, abs=0.1)
    assert acoustics.harmonicity(NOISE) < 0.4


def test_two_tones_have_moments_that_can_be_counted():
    sound = analyse(
        np.sin(2 * np.pi * 1000 * TIME) + np.sqrt(1 / 3) * np.sin(2 * np.pi * 5000 * TIME)
    )
    assert acoustics.centroid_hz(sound) == pytest.approx(2000, abs=2)
    assert acoustics.spread_hz(sound) == pytest.approx(np.sqrt(0.75 * 1e6 + 0.25 * 9e6), rel=1e-3)
    skewness = (0.75 * (-1000.0) ** 3 + 0.25 * 3000.0**3) / (3e6) ** 1.5
    assert acoustics.skewness(sound) == pytest.approx(skewness, rel=1e-2)
    assert acoustics.roll_off_hz(sound) == pytest.approx(5000, abs=32)


@pytest.mark.parametrize("rise_s", [0.05, 0.5, 1.0])
def test_attack_is_the_rise_from_a_tenth_to_nine_tenths(rise_s):
    rising = np.minimum(TIME / rise_s, 1) * np.sin(2 * np.pi * 2000 * TIME)
    late = np.concatenate([np.zeros(RATE), rising])
    for samples in (rising, late):
        seconds = 10 ** acoustics.log_attack_time(analyse(samples))
        assert seconds == pytest.approx(0.8 * rise_s, abs=0.0101)


def test_a_click_attacks_within_one_step():
    click = np.zeros(RATE)
    click[RATE // 2] = 1
    assert 10 ** acoustics.log_attack_time(analyse(click)) == pytest.approx(0.005)


def test_the_envelope_has_its_centre_and_the_sound_its_length():
    assert acoustics.temporal_centroid(TONE) == pytest.approx(0.5, abs=1e-3)
    ramp = analyse(TIME / 2 * np.sin(2 * np.pi * 2000 * TIME))
    assert acoustics.temporal_centroid(ramp) == pytest.approx(2 / 3, abs=1e-3)
    assert acoustics.log_duration(TONE) == pytest.approx(np.log10(2))
    burst = analyse(np.concatenate([np.sin(2 * np.pi * 2000 * TIME), np.zeros(6 * RATE)]))
    assert acoustics.crest_db(burst) == pytest.approx(10 * np.log10(4), abs=0.01)


@pytest.mark.parametrize("fundamental", [70, 220, 900])
def test_harmonics_are_periodic_and_noise_takes_that_away(fundamental):
    comb = sum(np.sin(2 * np.pi * k * fundamental * TIME) / k for k in (1, 2, 3))
    noise = np.random.default_rng(2).standard_normal(TIME.size)
    clean, noisy = (
        acoustics.harmonicity(analyse(comb)),
        acoustics.harmonicity(analyse(comb + noise)),
    )
    assert clean > 0.9
    # Boersma: the peak is the share of the power that is periodic.
    assert noisy == pytest.approx(np.var(comb) / (np.var(comb) + 1), abs=0.1)


def test_silence_between_sounds_has_no_pitch_to_count():
    tone = 0.5 * np.sin(2 * np.pi * 440 * TIME)
    quiet = 1e-4 * np.random.default_rng(3).standard_normal(6 * RATE)
    assert acoustics.harmonicity(analyse(np.concatenate([tone, quiet]))) > 0.95


def test_the_layer_has_the_statistics_in_the_order_of_the_table(stimuli):
    from semdnn.audio.waveform import read

    rows = SpectralStatistics().layers(stimuli)["statistics"]
    assert rows.shape == (4, len(STATISTICS)) == (4, 12)
    expected = [statistic(analyse(read(stimuli[3].path))) for statistic in STATISTICS.values()]
    np.testing.assert_allclose(rows[3], expected, rtol=1e-6)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_loudness_moves_the_level_alone(statistic):
    samples = NOISE.samples[:RATE]
    quieter = STATISTICS[statistic](analyse(samples / 100))
    change = -40 if statistic == "level (dB)" else 0
    assert quieter - STATISTICS[statistic](analyse(samples)) == pytest.approx(change, abs=1e-4)


@pytest.mark.parametrize("samples", [np.r_[1.0, np.zeros(399)], np.ones(400), np.r_[-np.ones(500)]])
def test_the_oddest_sounds_have_finite_statistics(samples):
    sound = analyse(samples)
    assert np.isfinite([statistic(sound) for statistic in STATISTICS.values()]).all()


def test_a_long_sound_is_analysed_in_pieces(monkeypatch):
    monkeypatch.setattr(acoustics, "_CHUNK", 7)
    pieces = analyse(NOISE.samples[: 4 * RATE])
    monkeypatch.undo()
    whole = analyse(NOISE.samples[: 4 * RATE])
    np.testing.assert_allclose(pieces.power, whole.power, rtol=1e-12)
    assert acoustics.harmonicity(pieces) == pytest.approx(acoustics.harmonicity(whole))
