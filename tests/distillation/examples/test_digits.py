"""The whole way of the images, short: teacher, both students, ONNX, comparison."""

import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import onnxruntime
import pytest
import torch

from data.errors import BundleError, ToyGuideError
from distillation.examples.command import run
from distillation.examples.contest import ALONE, DISTILLED, ROWS, TEACHER, export_classifier, figures, run_round, ship
from distillation.examples.digits import Convolutions, Glance, digits, digits_lesson, digits_task, shifted
from distillation.examples.lesson import Mix, learn_from, logits_of
from recommender.learning.fit import FitOptions

CHANCE = 0.1
SHORT_TEACHER = FitOptions(epochs=5, learning_rate=0.003, average=0.9)
SHORT_STUDENT = FitOptions(epochs=15, learning_rate=0.05, average=0.9)


@pytest.fixture(scope="module")
def task():
    return digits_task(0, teacher_options=SHORT_TEACHER, student_options=SHORT_STUDENT)


@pytest.fixture(scope="module")
def found(task):
    return run_round(task, 0)


def test_everyone_reads_far_better_than_chance(found):
    assert found[TEACHER].accuracy > 0.93
    assert found[ALONE].accuracy > 8 * CHANCE
    assert found[DISTILLED].accuracy > 8 * CHANCE
    assert found[DISTILLED].macro_f1 == pytest.approx(found[DISTILLED].accuracy, abs=0.05)


def test_distilled_is_not_worse_than_labels_alone_beyond_noise(found):
    noise = 2 * np.sqrt(0.05 * 0.95 / 360)  # two standard errors of an accuracy of .95 on 360 images
    assert found[DISTILLED].accuracy > found[ALONE].accuracy - noise


def test_the_student_is_a_fraction_of_its_teacher(found):
    assert found[DISTILLED].bytes < found[TEACHER].bytes / 20
    assert found[DISTILLED].parameters == 890 < found[TEACHER].parameters / 50
    assert found[DISTILLED].bytes == pytest.approx(found[ALONE].bytes, abs=64)
    assert all(one.milliseconds > 0 and one.apart <= 1e-4 for one in found.values())


def test_onnx_runtime_says_what_torch_says_whatever_the_batch():
    torch.manual_seed(3)
    samples = digits_lesson(0).test
    for model in (Convolutions(), Glance()):
        graph = export_classifier(model, samples)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        expected = logits_of(model, samples).numpy()
        for batch in (1, 5, 64):
            (logits,) = session.run(None, {"pixels": samples.inputs["pixels"][:batch].numpy()})
            np.testing.assert_allclose(logits, expected[:batch], atol=1e-4)


def test_a_graph_of_other_weights_is_held_back(task):
    torch.manual_seed(0)
    graph = export_classifier(Glance(), task.lesson.test)
    with pytest.raises(BundleError, match="differ by"):
        ship(Glance(), graph, task)


def test_with_the_hard_loss_alone_the_teacher_is_not_heard(task):
    """α = 1 through the distiller and the labels alone are the same training."""
    short = FitOptions(epochs=2, learning_rate=0.02)
    torch.manual_seed(5)
    teacher = Convolutions()
    students = []
    for mix in (Mix(1.0, 4.0), Mix(1.0, 1.0), Mix(0.0, 4.0)):
        torch.manual_seed(6)
        students.append(Glance())
        learn_from(teacher, students[-1], task.lesson, mix, short)
    first, same, other = (logits_of(student, task.lesson.test) for student in students)
    assert torch.equal(first, same)
    assert not torch.allclose(first, other, atol=1e-2)


def test_a_teacher_that_says_nan_teaches_nobody(task):
    teacher = Convolutions()
    with torch.no_grad():
        teacher.layers[-1].bias[3] = float("nan")
    with pytest.raises(ToyGuideError, match="are NaN"):
        learn_from(teacher, Glance(), task.lesson, Mix(0.0, 4.0), SHORT_STUDENT)


def test_no_image_is_in_two_parts_and_the_test_part_is_the_same_for_every_seed():
    one, other = digits_lesson(0), digits_lesson(1)
    assert len(one.train) + len(one.validation) + len(one.test) == 1797
    assert torch.equal(one.test.inputs["pixels"], other.test.inputs["pixels"])
    assert not torch.equal(one.validation.inputs["pixels"], other.validation.inputs["pixels"])
    images = np.concatenate(
        [part.inputs["pixels"].flatten(1).numpy() for part in (one.train, one.validation, one.test)]
    )
    assert len(np.unique(images, axis=0)) == len(images)
    for part in (one.train, one.validation, one.test):
        shares = np.bincount(part.labels.numpy(), minlength=10) / len(part)
        np.testing.assert_allclose(shares, CHANCE, atol=0.01)


def test_an_image_is_moved_by_one_pixel_at_most_and_keeps_its_label():
    samples = digits_lesson(0).validation
    moved = shifted(samples, torch.Generator().manual_seed(0))
    assert torch.equal(moved.labels, samples.labels)
    before, after = samples.inputs["pixels"][:, 0], moved.inputs["pixels"][:, 0]
    wide = torch.nn.functional.pad(before, (1, 1, 1, 1))
    ways = torch.stack([wide[:, y : y + 8, x : x + 8] for y in range(3) for x in range(3)], dim=1)
    matches = (ways == after[:, None]).flatten(2).all(dim=2)
    assert matches.any(dim=1).all()
    assert matches.any(dim=0).all()  # every one of the nine ways occurs


def test_the_gain_is_paired_by_seed(found):
    second = {name: replace(one, accuracy=one.accuracy / 2) for name, one in found.items()}
    gain = figures([found, second])["gain"]["accuracy"]
    difference = found[DISTILLED].accuracy - found[ALONE].accuracy
    assert gain["seeds"] == pytest.approx([difference, difference / 2])
    assert gain["mean"] == pytest.approx(0.75 * difference)
    assert list(figures([found])["models"]) == list(ROWS)
    assert figures([found])["models"][TEACHER] == [asdict(found[TEACHER])]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--temperature", "0"], "The 'temperature' parameter of distil must be a number in [0.01, 100]. Got 0.0"),
        (["--alpha", "1.5"], "The 'alpha' parameter of distil must be a number in [0, 1]. Got 1.5"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(words, sentence, capsys):
    with pytest.raises(SystemExit) as left:
        run(digits, words)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_the_command_is_a_program_of_its_own():
    command = [sys.executable, "-m", "distillation.examples.digits", "--alpha", "-1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: The 'alpha' parameter of distil must be a number in [0, 1]. Got -1.0 instead.\n"
