"""The command `gantheory train`: what is trained, saved, resumed, refused, and said at the end."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import jax
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gantheory import _leaves, checkpoints, datasets, distributions, games, recipes, training
from gantheory.__main__ import main
from gantheory._train import _command, _plan, _report, _run

# One small game of points and one of images: all tests share their compilations.
RING = ("--data", "ring", "--width", "8", "--batch-size", "32")
DIGITS = ("--data", "digits", "--width", "4", "--batch-size", "16", "--prior-dim", "4")


def run(*arguments):
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def train(*arguments):
    """Run without an error, and return the last line's figures."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return figures(result)


def figures(result):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    assert result.stdout.endswith("}\n")
    return json.loads(result.stdout.splitlines()[-1], parse_constant=refuse)


def sentence(result):
    """Return the only line on stderr of a run that failed before it began."""
    assert result.exit_code != 0 and result.stdout == "" and "Traceback" not in result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def restored(folder):
    save = checkpoints.latest(folder)
    made = _plan.resumed(save.metadata["plan"], {})
    return checkpoints.restore(folder, made.game(_plan.load_target(made.data)))


def assert_same(a, b):
    a, b = (
        jax.tree.map(lambda x: jax.random.key_data(x) if _leaves.is_key(x) else x, tree) for tree in (a, b)
    )
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    """A folder with a finished training of 60 steps on the ring, and what it said."""
    folder = tmp_path_factory.mktemp("ring") / "run"
    return folder, train(*RING, "--steps", 60, "--checkpoint", folder)


def test_a_training_is_the_one_done_by_hand(ring):
    folder, said = ring
    recipe = recipes.Recipe(
        "non_saturating", "non_saturating", "r1", 0.01, width=8, batch_size=32, schedule="constant",
        ema_decay=0.99, num_steps=60,
    )  # fmt: skip
    game = recipes.make_game(recipe, distributions.ring())
    state = training.init(game, jax.random.key(0))
    state, history = training.train(game, state, 60, recipes.make_settings(recipe))
    found = restored(folder)
    assert_same(found.state, state)
    assert_same(found.history, history)
    samples = games.generate(game, training.averaged(state), jax.random.key(5), 2500)
    score = recipes.score(jax.random.key(6), samples, distributions.ring())
    assert said["sliced_w1"] == pytest.approx(float(score.sliced_w1), rel=0.15)
    assert said["histogram_kl"] == pytest.approx(float(score.histogram_kl), abs=0.1)
    assert said["modes"] == int(score.modes) and said["num_samples"] == 2500
    assert said["steps"] == 60 and said["stopped"] is None and said["saved"] is True and said["seconds"] > 0
    assert said["mode_width"] is None  # nothing is of high quality yet: not NaN, which is no JSON


def test_pictures_and_figures_lie_beside_the_saves(ring):
    folder, said = ring
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines][0 :: len(lines) - 1] == [0, 60]
    assert {"generator_loss", "discriminator_loss", "value", "penalty", "sliced_w1"} <= lines[-1].keys()
    assert lines[-1]["sliced_w1"] == said["sliced_w1"] < lines[0]["sliced_w1"]
    pictures = sorted(folder.glob("samples-*.png"))
    assert [int(path.stem[8:]) for path in pictures] == [line["step"] for line in lines]
    for path in pictures:
        with Image.open(path) as image:
            assert image.size == (500, 500)
            assert len(image.convert("RGB").getcolors(2**20)) > 50


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_resumed_training_is_the_uninterrupted_one_number_for_number(schedule, ring, tmp_path):
    whole, said = ring
    if schedule == "cosine":
        said = train(
            *RING, "--steps", 60, "--schedule", "cosine", "--checkpoint", whole := tmp_path / "whole"
        )
    broken = tmp_path / "broken"
    # At constant rates the first run need not know of the steps to come; else a save on the way is resumed.
    first = ("--steps", 20) if schedule == "constant" else ("--steps", 60, "--every", 1e-6)
    train(*RING, *first, "--schedule", schedule, "--checkpoint", broken)
    for path in sorted(broken.glob("*-step-60")):
        shutil.rmtree(path)
    assert 0 < checkpoints.latest(broken).step < 60
    again = train("--checkpoint", broken, "--resume", "--steps", 60)
    assert_same(restored(broken).state, restored(whole).state)
    assert_same(restored(broken).history, restored(whole).history)
    same = said.keys() - {"seconds"}
    assert {name: again[name] for name in same} == {name: said[name] for name in same}
    steps = [json.loads(line)["step"] for line in (broken / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(set(steps)) and steps[-1] == 60  # what was taken again stands there once


def test_a_schedule_that_is_prolonged_says_so(tmp_path):
    train(*RING, "--steps", 20, "--schedule", "cosine", "--checkpoint", tmp_path)
    result = run("--checkpoint", tmp_path, "--resume", "--steps", 40)
    assert "The cosine schedule now falls over 40 steps; up to step 20 it fell over 20" in result.stderr
    assert figures(result)["steps"] == 40


def test_a_resumed_training_that_is_done_is_checked_and_scored(ring, tmp_path):
    folder, said = ring
    before = sorted(folder.rglob("*"))
    for steps in (60, 30):
        result = run("--checkpoint", folder, "--resume", "--steps", steps)
        assert result.exit_code == 0 and "checked, and scored" in result.stderr
        again = figures(result)
        assert {**again, "seconds": 0} == {**said, "seconds": 0}
        assert again["seconds"] == restored(folder).metadata["seconds"]  # those of the training alone
    assert sorted(folder.rglob("*")) == before

    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    largest = max(checkpoints.latest(damaged).path.rglob("d/*"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    words = sentence(run("--checkpoint", damaged, "--resume", "--steps", 60))
    assert "should have the SHA-256" in words and largest.name in words and "Delete" in words


def test_a_training_is_not_overwritten(ring):
    folder, _ = ring
    before = checkpoints.latest(folder)
    result = run(*RING, "--steps", 20, "--checkpoint", folder)
    words = sentence(result)
    assert result.exit_code == 1
    assert "holds a training already, with a save of step 60: add --resume" in words
    assert checkpoints.latest(folder) == before


def test_resuming_nothing_starts_afresh(ring, tmp_path):
    result = run(*RING, "--steps", 60, "--checkpoint", tmp_path / "new", "--resume")
    assert "There is no save in" in result.stderr and "starting from step 0" in result.stderr
    assert_same(restored(tmp_path / "new").state, restored(ring[0]).state)


def test_options_that_differ_from_the_saves_are_one_error(ring):
    folder, said = ring
    result = run(*RING[:4], "--loss", "hinge", "--batch-size", 64, "--checkpoint", folder, "--resume")
    words = sentence(result)
    assert result.exit_code == 1
    assert "made with --loss non_saturating --batch-size 32, not with --loss hinge --batch-size 64;" in words
    for option in (
        ("--data", "grid"), ("--seed", "1"), ("--preset", "r1"), ("--dtype", "float64"), ("--strength", "1"),
        ("--constraint", "r1:0.5"), ("--network", "resnet"), ("--critic-steps", "3"), ("--ema", "0"),
    ):  # fmt: skip
        words = sentence(run(*option, "--checkpoint", folder, "--resume"))
        assert option[0] in words.replace("--strength", "--constraint") or "--strength" in words
    again = train(
        *RING, "--constraint", "r1:0.01", "--seed", 0, "--checkpoint", folder, "--resume", "--steps", 60
    )
    assert again["sliced_w1"] == said["sliced_w1"]


def test_nan_is_an_error_after_a_save_of_the_last_finite_state(tmp_path):
    result = run(*RING, "--generator-learning-rate", "1e30", "--steps", 50, "--checkpoint", tmp_path)
    assert result.exit_code == 1
    said = figures(result)
    assert said["stopped"].startswith("Stopped at step ") and said["steps"] < 50
    assert result.stderr.splitlines()[-1] == f"Error: {said['stopped']}"
    found = restored(tmp_path)
    assert int(found.state.step) == said["steps"]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found.state.generator.params))

    # Resumed, it stops before a step is taken: the saves before stay, and nothing is said twice.
    def there():
        log = (tmp_path / "metrics.jsonl").read_text()
        return sorted(path.name for path in tmp_path.iterdir()), log

    before = there()
    assert len([name for name in before[0] if "-step-" in name]) == 2
    for _ in range(2):
        again = run("--checkpoint", tmp_path, "--resume")
        assert again.exit_code == 1 and figures(again)["stopped"] == said["stopped"]
        assert figures(again)["saved"] is True and there() == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_ends(number, code, ring, tmp_path, monkeypatch):
    own, calls = training.train, []

    def train_and_signal(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            signal.raise_signal(number)
        return own(*arguments)

    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(training, "train", train_and_signal)
    result = run(*RING, "--steps", 60, "--checkpoint", tmp_path)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    assert result.exit_code == code
    said = figures(result)
    name = signal.Signals(number).name
    assert said["stopped"] == f"Stopped by {name} after step {said['steps']}." and 0 < said["steps"] < 60
    assert checkpoints.latest(tmp_path).step == said["steps"] and "modes" not in said
    monkeypatch.undo()
    train("--checkpoint", tmp_path, "--resume")  # the save knows the total
    assert_same(restored(tmp_path).state, restored(ring[0]).state)


def test_a_signal_before_the_training_ends_the_process():
    signals = _run.Signals()
    with signals.caught(), pytest.raises(SystemExit) as ended:
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 143
    with signals.caught(), pytest.raises(SystemExit):
        signals.waiting = True
        signal.raise_signal(signal.SIGINT)
        assert signals.received == signal.SIGINT
        signal.raise_signal(signal.SIGINT)  # the second one does not wait


def test_a_folder_that_cannot_be_written_is_one_warning(ring, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "run"
    result = run(*RING, "--steps", 60, "--every", 1e-6, "--checkpoint", folder)
    assert result.exit_code == 0
    said = figures(result)
    assert said["saved"] is False and said["sliced_w1"] == ring[1]["sliced_w1"]
    (warning,) = [line for line in result.stderr.splitlines() if "Warning" in line]
    assert f"Could not save to {folder}" in warning
    result = run(*RING, "--steps", 60, "--every", 1e-6, "--output", folder)
    (warning,) = [line for line in result.stderr.splitlines() if "Warning" in line]
    assert "could not write pictures" in warning and figures(result)["saved"] is None


def test_a_full_disk_is_one_warning(ring, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gantheory.checkpoints._arrays.store", full)
    monkeypatch.setattr(_report, "_replace", full)
    result = run(*RING, "--steps", 60, "--every", 1e-6, "--checkpoint", tmp_path)
    assert result.exit_code == 0 and figures(result)["saved"] is False
    (warning,) = [line for line in result.stderr.splitlines() if "Warning" in line]
    assert "No space left on device" in warning
    assert figures(result)["sliced_w1"] == ring[1]["sliced_w1"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "--data nothing",
            "--data must be one of ring, grid, spiral, two_moons, parallel_lines, digits, fashion_mnist",
        ),
        ("--data ./no/such/folder", "which is not a folder"),
        ("--data nosuch", "or the path of a folder of images, got 'nosuch'"),
        ("--loss kl", "'kl' is not one of 'minimax', 'non_saturating'"),
        ("--constraint l2", "'l2' is not one of none, weight_clipping"),
        ("--constraint r1:x", "'x' is not a valid float"),
        ("--constraint r1:-1", "-1.0 is not in the range x>=0"),
        ("--constraint r1:nan", "'nan' is not a finite number"),
        ("--constraint none:3", "--strength does not go with --constraint none"),
        ("--strength -1", "-1.0 is not in the range x>=0"),
        ("--strength nan", "'nan' is not a finite number"),
        ("--strength 1e400", "'1e400' is not a finite number"),
        ("--ema nan", "'nan' is not a finite number"),
        ("--ema 0.99999999999", "ema_decay must be"),  # 1 in float32
        ("--generator-learning-rate inf", "'inf' is not a finite number"),
        ("--discriminator-learning-rate nan", "'nan' is not a finite number"),
        ("--every nan", "'nan' is not a finite number"),
        ("--every inf", "'inf' is not a finite number"),
        ("--constraint r1:1 --strength 2", "--strength and the strength in --constraint differ"),
        ("--constraint none --strength 2", "--strength does not go with --constraint none"),
        ("--constraint weight_clipping:0", "clip must be a finite number above 0, got 0.0"),
        ("--preset worst", "'worst' is not one of 'best'"),
        ("--preset plateau --data digits", "--preset must be one of best, minimax"),
        ("--preset sn_gan --data ring", "for ring, got 'sn_gan'"),
        ("--steps 0", "0 is not in the range x>=1"),
        ("--seed -1", "-1 is not in the range 0<=x<=4294967295"),
        ("--ema 1", "1.0 is not in the range 0<=x<1"),
        ("--resume", "--resume needs --checkpoint DIR"),
        ("--data ring --network resnet", "--network is for images, not for ring."),
        ("--data ring --conditional", "--conditional is for images, not for ring."),
        ("--data ring --dtype bfloat16", "--dtype bfloat16 is for images, not for ring."),
        ("--data ring --devices 1000", "--devices must be at most"),
        ("--process-id 1", "need --coordinator HOST:PORT"),
        ("--coordinator localhost:1", "needs --num-processes and --process-id"),
        ("--coordinator localhost --num-processes 2 --process-id 0", "must be HOST:PORT or auto"),
        (
            "--coordinator a:1 --num-processes 2 --process-id 2",
            "--process-id must be below --num-processes 2",
        ),
        ("--what", "No such option"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(arguments, words):
    result = run(*arguments.split(), "--traceback")
    assert words in sentence(result) and result.exit_code == 2


@pytest.mark.parametrize("option", ["--data", "--checkpoint", "--output"])
def test_an_empty_name_is_not_the_current_folder(option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where it would write
    Image.new("L", (8, 8)).save("one.png")
    result = run("--data", "ring", option, "", "--steps", 1)
    words = "one of ring, grid" if option == "--data" else "the name of the folder is empty"
    assert words in sentence(result) and result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]


def test_numbers_are_judged_in_the_precision_of_the_training():
    almost = {"ema_decay": 1 - 1e-12}  # 1 in float32
    assert _plan.fresh("ring", None, 0, "float64", almost).recipe.ema_decay < 1
    with pytest.raises(_plan.OptionError, match=r"ema_decay must be .* below 1, got"):
        _plan.fresh("ring", None, 0, "float32", almost)
    saved = _plan.fresh("ring", None, 0, "float64", almost).to_json()
    assert _plan.resumed(saved, {"num_steps": 5}).recipe.ema_decay < 1


def test_missing_files_and_foreign_saves_are_refused_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("GANTHEORY_CACHE", str(tmp_path))
    monkeypatch.setattr("gantheory.datasets._files._unreachable", lambda url: "the host does not answer")
    result = run("--data", "mnist")
    assert "mnist needs train-images-idx3-ubyte.gz" in sentence(result) and result.exit_code == 1
    game = games.bilinear()
    checkpoints.save(tmp_path / "other", training.init(game, jax.random.key(0)))
    result = run("--checkpoint", tmp_path / "other", "--resume")
    assert "was not made by gantheory train" in sentence(result) and result.exit_code == 1
    # What nobody has thought of is one sentence, too, unless its origin is asked for.
    monkeypatch.setattr(_plan, "load_target", lambda data: 1 / 0)
    assert sentence(run(*RING)) == "Error: ZeroDivisionError: division by zero"
    assert isinstance(run(*RING, "--traceback").exception, ZeroDivisionError)


def test_help_lists_every_option_with_its_default():
    result = run("--help")
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    for option in _command.command.params:
        assert option.opts[0] in words and (option.help or option.name == "help")
    for name in (*recipes.TARGETS, *datasets.NAMES, *recipes.CONSTRAINTS, "f_gan:kl", "bfloat16", "wgan_gp"):
        assert name in words
    for default in (
        "[default: digits]",
        "(256 for points, 64 for images)",
        "[default: 30.0",
        "10000 for points",
    ):
        assert default in words, default
    assert "train" in CliRunner().invoke(main, ["--help"]).stdout


def test_the_best_preset_is_the_winner_of_the_table():
    for data in recipes.TARGETS:
        made = _plan.fresh(data, "best", 0, "float32", {"num_steps": 5, "width": 8})
        winner = recipes.METHODS[recipes.BEST[data]]
        assert made.recipe == dataclasses.replace(winner, num_steps=5, width=8)
    for data in datasets.NAMES:
        made = _plan.fresh(data, "best", 0, "bfloat16", {})
        winner = recipes.METHODS_IMAGES[recipes.BEST_IMAGES]
        assert made.recipe == dataclasses.replace(winner, dtype="bfloat16")


def test_defaults_suit_the_loss():
    def made(data, preset=None, **given):
        return _plan.fresh(data, preset, 0, "float32", given).recipe

    for data, gamma, weight in (("ring", 0.01, 1.0), ("digits", 0.3, 10.0)):
        usual, wgan, hinge = (made(data, loss=loss) for loss in ("minimax", "wasserstein", "hinge"))
        assert (usual.constraint, usual.strength) == ("r1", gamma)
        assert (wgan.constraint, wgan.strength, wgan.num_critic_steps) == ("gradient_penalty", weight, 5)
        assert (hinge.constraint, hinge.strength) == ("spectral_normalization", None)
        assert made(data, constraint="r2").strength == gamma
        assert made(data, constraint="none").strength is None
        assert made(data, "wgan_gp", constraint="weight_clipping").strength < 1
        assert made(data, "wgan_gp", strength=3.0).strength == 3.0
    assert made("digits", "best") == recipes.METHODS_IMAGES[recipes.BEST_IMAGES]
    assert made("digits").network == "dcgan" and made("digits", loss="f_gan:kl").loss == "f_gan:kl"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of its own for the classifier, which is trained once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANTHEORY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_images_are_scored_by_a_classifier_and_drawn(cache, tmp_path):
    said = train(*DIGITS, "--steps", 30, "--checkpoint", tmp_path, "--samples", 10)
    assert said["frechet_distance"] > 0.1 and 0 <= said["precision"] <= 1 and 0 <= said["recall"] <= 1
    assert len(said["class_balance"]) == 10 and sum(said["class_balance"]) == pytest.approx(1, abs=1e-4)
    assert said["classes_present"] == sum(share > 0 for share in said["class_balance"])
    assert said["num_real"] == 355 and said["num_samples"] == 1000 and said["classifier_accuracy"] > 0.95
    # As the README does it.
    save = checkpoints.latest(tmp_path)
    recipe = recipes.ImageRecipe(**save.metadata["plan"]["recipe"])
    game = recipes.make_game(recipe, datasets.load("digits"))
    state = checkpoints.restore(tmp_path, game).state
    shown = games.generate(game, training.averaged(state), jax.random.split(jax.random.key(0))[1], 10)
    with Image.open(tmp_path / "samples-000000030.png") as image:
        pixels = np.asarray(image)
    np.testing.assert_array_equal(pixels, _report.image_grid(np.asarray(shown)))


def test_conditional_images_are_asked_for_by_label(cache, tmp_path):
    said = train(*DIGITS, "--conditional", "--steps", 2, "--output", tmp_path)
    assert 0 <= said["label_accuracy"] <= 0.5 and "frechet_distance" in said
    assert (tmp_path / "samples-000000002.png").is_file()


def test_a_folder_of_images_is_trained_on_and_told_from_another(tmp_path, monkeypatch):
    # Of 8 pixels instead of 32, so that it compiles faster.
    monkeypatch.setattr(datasets, "load", lambda path: datasets.load_folder(path, size=8))
    folder = tmp_path / "mine"
    for name, grey in (("dark", 20), ("light", 230)):
        (folder / name).mkdir(parents=True)
        for i in range(2):
            Image.new("L", (16, 16), grey + i).save(folder / name / f"{i}.png")
    result = run("--data", folder, *DIGITS[2:], "--steps", 2, "--checkpoint", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert figures(result)["data"] == str(folder)
    assert "No figures: " in result.stderr  # too few images to train a classifier on
    Image.new("L", (16, 16), 99).save(folder / "light" / "1.png")
    words = sentence(run("--checkpoint", tmp_path / "run", "--resume", "--steps", 4))
    assert "has other images than those that the save was trained on" in words


def test_a_grid_of_images():
    images = np.stack([np.full((4, 4, 1), value, np.float32) for value in (-1, 0, 1, 5, -5)])
    grid = _report.image_grid(images)
    cell = 4 * (_report.CELL // 4)
    assert grid.shape == (2 * (cell + 2) + 2, 3 * (cell + 2) + 2, 3) and grid.dtype == np.uint8
    middles = [
        grid[2 + i // 3 * (cell + 2) + cell // 2, 2 + i % 3 * (cell + 2) + cell // 2, 0] for i in range(6)
    ]
    assert middles == [0, 128, 255, 255, 0, 255]  # the last cell is empty
    assert (grid[0] == 255).all()
    colour = np.zeros((1, 2, 2, 3), np.float32) + np.array([-1, 0, 1], np.float32)
    assert _report.image_grid(colour)[5, 5].tolist() == [0, 128, 255]


def test_what_is_not_finite_is_null():
    assert (
        _report.as_json({"a": float("nan"), "b": float("inf"), "c": 1.5})
        == '{"a": null, "b": null, "c": 1.5}'
    )


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    voice = _run._Voice()
    with voice.progress(3, 10):
        voice.at(5, {"value": -1.25})
        voice.say("a line")
    assert voice.bar is None
    shown = capsys.readouterr().err
    assert "5/10" in shown and "value=-1.25" in shown and "a line\n" in shown


def start(*arguments, devices=1):
    environment = {**os.environ, "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return subprocess.Popen(
        [sys.executable, "-m", "gantheory", "train", *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_killed_in_the_middle_it_goes_on_as_if_nothing_had_been(ring, tmp_path):
    process = start(*RING, "--steps", 1_000_000, "--every", 1e-6, "--checkpoint", tmp_path)
    deadline = time.monotonic() + 240
    while (found := checkpoints.latest(tmp_path)) is None or found.step < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=60)
    step = checkpoints.latest(tmp_path).step
    train("--checkpoint", tmp_path, "--resume", "--steps", step + 40)
    train(*RING, "--steps", step + 40, "--checkpoint", tmp_path / "whole")
    assert_same(restored(tmp_path).state, restored(tmp_path / "whole").state)


def test_two_processes_of_two_devices_train_as_one(tmp_path):
    options = (*RING, "--dtype", "float64", "--steps", 40)
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        cluster = ("--coordinator", f"127.0.0.1:{free.getsockname()[1]}", "--num-processes", 2)
    folder = tmp_path / "cluster"
    for steps in (20, 40):  # the second pair resumes, and only its first process can see the save
        both = [
            start(
                *options[:-1], steps, *cluster, "--process-id", i, "--resume", "--checkpoint", path, devices=2
            )
            for i, path in enumerate((folder, tmp_path / "elsewhere"))
        ]
        (said, words), (nothing, silence) = (process.communicate(timeout=240) for process in both)
        assert [process.returncode for process in both] == [0, 0], words + silence
        assert nothing == "" and "Training" not in silence and "on 4 cpu devices" in words
        assert said.count("\n") == 1 and json.loads(said)["steps"] == steps
    assert not (tmp_path / "elsewhere").exists()
    train(*options, "--checkpoint", tmp_path / "one")
    with jax.enable_x64(True):
        a, b = (restored(path).state for path in (folder, tmp_path / "one"))
        for x, y in zip(jax.tree.leaves(a.generator), jax.tree.leaves(b.generator), strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=1e-8)
