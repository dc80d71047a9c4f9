"""Notebook 07's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import numpy as np
import pytest

from gantheory import dynamics, exercises, games


def _limit(k):
    """Find the largest h at which k shears of D and one of G have eigenvalues of modulus 1."""
    steps = np.linspace(0.01, 5, 4_001)
    d, g = np.zeros((2, steps.size, 2, 2))
    d[:], g[:] = np.eye(2), np.eye(2)
    d[:, 1, 0], g[:, 0, 1] = -steps / 2, steps / 2
    largest = np.abs(np.linalg.eigvals(np.linalg.matrix_power(d, int(k)) @ g)).max(axis=1)
    return steps[largest < 1 + 1e-6].max()


def test_right_answers():
    assert exercises.check("07.1", _limit)
    assert exercises.check(
        "07.1",
        lambda k: dynamics.largest_stable_step(
            games.dirac_gan(), method="alternating", num_critic_steps=int(k)
        ),
    )
    gammas = np.linspace(0.1, 5, 491)
    slower = [np.linalg.eigvals([[0, 1], [-1, -gamma]]).real.max() for gamma in gammas]
    assert exercises.check("07.2", gammas[np.argmin(slower)])

    def damped(omega, c):
        turn = omega * np.array([[0.0, 1.0], [-1.0, 0.0]])
        return np.linalg.eigvals(turn - c * turn.T @ turn).real.mean()

    assert exercises.check("07.3", damped)
    assert exercises.check("07.4", "five D steps") and exercises.check("07.4", " Five  D steps")


@pytest.mark.parametrize(
    ("name", "answer", "because"),
    [
        ("07.1", lambda k: 4.0, "one step of D"),
        ("07.1", lambda k: 4 / k, "trace"),
        ("07.1", lambda k: 4 * np.sqrt(k), "do not allow a larger h"),
        ("07.1", lambda k: 2 / np.sqrt(k), "Wasserstein"),
        ("07.1", lambda k: 16 / k, "h²"),
        ("07.1", lambda k: 3 / np.sqrt(k), "too small"),
        ("07.2", 1, "minimax"),
        ("07.2", 4, "one of them is slow"),
        ("07.2", 0.5, "still turns"),
        ("07.2", 0, "circles for ever"),
        ("07.2", np.inf, "creeps"),
        ("07.2", 3, "too large"),
        ("07.3", lambda omega, c: c * omega**2, "sign"),
        ("07.3", lambda omega, c: 0.0, "J alone"),
        ("07.3", lambda omega, c: -c * omega, "twice"),
        ("07.3", lambda omega, c: -c, "faster rotation"),
        ("07.3", lambda omega, c: -(omega**2), "Without c"),
        ("07.3", lambda omega, c: -c * omega**2 / 2, "half belongs"),
        ("07.3", lambda omega: -(omega**2), "TypeError"),
        ("07.3", lambda omega, c: 1j * omega - c * omega**2, "complex numbers"),
        ("07.3", lambda c, omega: -c * omega**2, "Is omega the first argument?"),
        ("07.4", "a faster D", "overshoots"),
        ("07.4", "half the rates", "slower"),
        ("07.4", "prayer", "Wanted is one of"),
    ],
)
def test_wrong_answers_each_for_its_own_reason(name, answer, because):
    verdict = exercises.check(name, answer)
    assert not verdict and because in verdict.because, verdict
    told = {"07.1": "√", "07.2": " 2", "07.3": "−cω²", "07.4": "momentum"}[name]
    assert told not in repr(verdict).replace("07.2", "")
