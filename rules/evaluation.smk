"""Evaluations: an essay, judged by a model through a template; parsed.txt is the score.

Inputs:  the evaluation template and its system prompt; the essay's parsed.txt; descriptions and
         draft, if the template shows them or the draft's prompt; the source of the score parser
Outputs: gens/evaluation/<gen_id>/parsed.txt
Reruns:  when one of these is newer (a mended parser scores the old answers again, for free)
"""


rule generate_evaluation:
    """One evaluation: a model scores one essay. For all: evaluation."""
    input:
        unpack(sources("evaluation")),
    output:
        layout.parsed("evaluation", "{gen_id}"),
    log:
        "logs/generate_evaluation/{gen_id}.log",
    wildcard_constraints:
        gen_id=inputs.gen_id_pattern("evaluation"),
    run:
        plainly(this_run.generate, "evaluation", wildcards.gen_id, output[0], log[0], rule)


rule evaluation:
    """Target to type: every evaluation of the cohort, each a job of generate_evaluation."""
    input:
        every("evaluation"),
    message:
        f"The evaluations of cohort {COHORT} are made"


localrules:
    evaluation,
