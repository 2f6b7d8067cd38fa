"""The rules, in the order in which they are checked."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from dkp_bench.errors import DkpError, last_line
from dkp_bench.method_contract import checks_of_fit, checks_of_predict
from dkp_bench.method_contract.subject import BrokenRuleError, Subject


@dataclass(frozen=True)
class Rule:
    """Rule of the contract.

    Attributes:
        name: what it is called by.
        says: the rule, in one line.
        fix: what to do where it is broken.
        check: raises where it is broken; a ``BrokenRuleError`` says what was seen.
        needs: rules without which this one would only say again what they say.
    """

    name: str
    says: str
    fix: str
    check: Callable[[Subject], None]
    needs: tuple[str, ...] = ()


RULES: tuple[Rule, ...] = (
    Rule(
        "description",
        "it says what it is",
        "give the class a name that no built-in method has, a summary of 11 to 110 characters in one line, and "
        'depth = "none", "train" or "test"',
        checks_of_fit.describes_itself,
    ),
    Rule(
        "presets",
        "its settings are valid for every dataset and profile",
        "derive the settings from dkp_bench.methods.Settings, with nothing but numbers, text and true or false "
        "in them, and give each a default or a value in the TOML file beside the method",
        checks_of_fit.has_valid_presets,
    ),
    Rule(
        "requirements",
        "the methods that it requires exist and can be fitted",
        "correct the class attribute requires; check-method says of each required method what is wrong with it",
        checks_of_fit.requires_what_exists,
        ("presets",),
    ),
    Rule(
        "creation",
        "an instance has the settings and the size it was given",
        "pass both on: super().__init__(settings, image_size); keypoints is a whole number known before fit, and "
        "equal to the setting of that name where there is one",
        checks_of_fit.can_be_created,
        ("presets",),
    ),
    Rule(
        "images-alone",
        "it learns and predicts from nothing but images",
        "use len(images), images.size, images.has_depth, images.rgb(indices) and images.depth(indices), and nothing "
        "else: joints are for scoring, and images in files have no array behind them",
        checks_of_fit.learns_only_from_images,
        ("creation", "requirements"),
    ),
    Rule(
        "fit",
        "fit ends and returns a FitResult",
        "return dkp_bench.methods.FitResult(...) with finite numbers; write files into context.folder and no folders; "
        "expect as few images as the 24 that are made up here",
        checks_of_fit.can_be_fitted,
        ("images-alone",),
    ),
    Rule(
        "predict",
        "predict returns float32 (images, keypoints, 2)",
        "return an array of shape (len(images), self.keypoints, 2): result.astype(np.float32)",
        checks_of_predict.predicts_keypoints,
        ("fit",),
    ),
    Rule(
        "finite",
        "no keypoint is NaN or infinite",
        "look for a division by zero, such as the mean position of no pixel at all",
        checks_of_predict.predicts_finite_numbers,
        ("predict",),
    ),
    Rule(
        "position",
        "keypoints are (x, y) in [−1, 1], or near",
        "convert pixels: value / (self.image_size - 1) * 2 - 1, or 0 to 1: value * 2 - 1; −1 and 1 are the centres of "
        "the corner pixels; x comes first: points[..., ::-1]",
        checks_of_predict.predicts_positions_in_the_image,
        ("finite",),
    ),
    Rule(
        "global-chance",
        "it leaves the random state of the process alone",
        "draw from generators of your own, np.random.default_rng(context.seed) or "
        "torch.Generator().manual_seed(context.seed); where a library wants torch's global one, put "
        "torch.random.fork_rng(devices=[]) around it",
        checks_of_fit.spares_global_generators,
        ("finite",),
    ),
    Rule(
        "seed",
        "a seed fixes what it learns",
        "make every random draw depend on context.seed, the first weights of a network that __init__ makes, too; let "
        "no result depend on the order of a set, on time, or on memory that was not written",
        checks_of_fit.is_fixed_by_its_seed,
        ("global-chance",),
    ),
    Rule(
        "predict-again",
        "predicting changes nothing",
        "set networks to evaluation mode (dkp_bench.training.inference.batched does), and learn only in fit",
        checks_of_predict.predicts_twice_the_same,
        ("global-chance",),
    ),
    Rule(
        "own-state",
        "instances do not share what they learn",
        "keep what is learned in self, not in the class or the module; several are fitted in one process",
        checks_of_fit.keeps_its_state_to_itself,
        ("predict-again",),
    ),
    Rule(
        "each-image",
        "an image's keypoints do not depend on the others",
        "normalise by what fit has learned or by only the image, never by the batch; a network belongs into "
        "evaluation mode",
        checks_of_predict.predicts_each_image_by_itself,
        ("own-state",),
    ),
    Rule(
        "edge-maps",
        "its edge maps, if any, are pictures",
        "return None, or float32 (len(images), size, size) in [0, 1]",
        checks_of_predict.draws_edge_maps,
        ("fit",),
    ),
    Rule(
        "size",
        "it works with images of another size",
        "use self.image_size or images.size wherever a number of pixels stands; the small and paper profiles have "
        "128 px",
        checks_of_predict.works_at_another_size,
        ("position", "edge-maps"),
    ),
    Rule(
        "depth",
        "it says where it reads depth maps",
        'say depth = "train" if only fit reads them, depth = "test" if predict does, and neither otherwise; let '
        "the error of images.depth pass",
        checks_of_fit.is_honest_about_depth,
        ("own-state",),
    ),
    Rule(
        "save",
        "save writes files of its own",
        "write into the folder that save is given, only files, under names such as weights.safetensors or state.npz",
        checks_of_predict.saves_files_of_its_own,
        ("fit",),
    ),
    Rule(
        "load",
        "what is saved comes back",
        "write in save all that predict needs, and read it in load; a new process has nothing else",
        checks_of_predict.loads_what_it_saved,
        ("own-state", "save"),
    ),
    Rule(
        "load-errors",
        "files that do not fit are an error one can read",
        "in load, turn what reading raises into dkp_bench.errors.DkpError(problem, hint), and compare shapes with "
        "the settings, where what is learned depends on them",
        checks_of_predict.refuses_what_does_not_fit,
        ("load",),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """Result of checking one rule.

    Attributes:
        rule: the rule.
        state: ``ok``, ``broken``, or ``not checked`` because a rule that it needs is broken.
        seen: what a broken rule showed; of one that was not checked, the rule to fix first.
    """

    rule: Rule
    state: Literal["ok", "broken", "not checked"]
    seen: str = ""


def check_method(subject: Subject) -> Iterator[Outcome]:
    """Check every rule in turn; anything that the method raises is the outcome of a rule and passes no further."""
    culprits: dict[str, str] = {}
    for rule in RULES:
        culprit = next((culprits[name] for name in rule.needs if name in culprits), None)
        seen = None if culprit else _look(rule, subject)
        if culprit or seen:
            culprits[rule.name] = culprit or rule.name
        if culprit:
            yield Outcome(rule, "not checked", culprit)
        else:
            yield Outcome(rule, "broken", seen) if seen else Outcome(rule, "ok")


def _look(rule: Rule, subject: Subject) -> str | None:
    """Return what is wrong, None if the rule is kept."""
    try:
        rule.check(subject)
    except BrokenRuleError as error:
        return str(error)
    except DkpError as error:
        return f"{error.problem} ({error.hint})" if error.hint else error.problem
    except (Exception, SystemExit) as error:
        return last_line(error, inspect.getfile(subject.kind))
    return None
