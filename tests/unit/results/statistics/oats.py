"""Yates's split plot of oats, as scores: blocks are combinations, varieties draft templates.

Yields in quarter pounds of sub-plots, from F. Yates (1935), "Complex experiments", Supplement to
the Journal of the Royal Statistical Society 2, 181-247. Nitrogen (hundredweights an acre) stands
for the essay template: four essays of every draft.
"""

import pandas as pd

from daydream.parsers.score import ScoreRange

NITROGEN = ("0.0", "0.2", "0.4", "0.6")
YIELDS = {
    ("I", "Victory"): (111, 130, 157, 174),
    ("I", "Golden Rain"): (117, 114, 161, 141),
    ("I", "Marvellous"): (105, 140, 118, 156),
    ("II", "Victory"): (61, 91, 97, 100),
    ("II", "Golden Rain"): (70, 108, 126, 149),
    ("II", "Marvellous"): (96, 124, 121, 144),
    ("III", "Victory"): (68, 64, 112, 86),
    ("III", "Golden Rain"): (60, 102, 89, 96),
    ("III", "Marvellous"): (89, 129, 132, 124),
    ("IV", "Victory"): (74, 89, 81, 122),
    ("IV", "Golden Rain"): (64, 103, 132, 133),
    ("IV", "Marvellous"): (70, 89, 104, 117),
    ("V", "Victory"): (62, 90, 100, 116),
    ("V", "Golden Rain"): (80, 82, 94, 126),
    ("V", "Marvellous"): (63, 70, 109, 99),
    ("VI", "Victory"): (53, 74, 118, 113),
    ("VI", "Golden Rain"): (89, 82, 86, 104),
    ("VI", "Marvellous"): (97, 99, 119, 121),
}
SCALES = {"yield": ScoreRange(0, 200)}


def oats() -> pd.DataFrame:
    """72 scores on a scale from 0 to 200."""
    rows = [
        (f"{block}-{variety}", block, variety, nitrogen, score)
        for (block, variety), yields in YIELDS.items()
        for nitrogen, score in zip(NITROGEN, yields, strict=True)
    ]
    names = ["draft_gen_id", "combo_id", "draft_template", "generation_template", "score"]
    frame = pd.DataFrame(rows, columns=names)
    essay = frame["draft_gen_id"] + frame["generation_template"]
    return frame.assign(
        gen_id="v" + essay,
        parent_gen_id=essay,
        generation_model="m",
        evaluation_template="yield",
        evaluation_llm_model="j",
    )
