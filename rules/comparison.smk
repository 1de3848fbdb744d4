"""Comparisons (optional): two essays, judged by a model through a template, in both orders.

Inputs:  the comparison template and its system prompt; the parsed.txt of both essays; descriptions
         and drafts, if the template shows them; the source of the verdict parser
Outputs: gens/comparison/<gen_id>/parsed.txt: A (the essay shown first), B or tie
Reruns:  when one of these is newer (a mended parser reads the old answers again, for free)

Without an active row in comparison_templates.csv there are none.
"""


rule generate_comparison:
    """One comparison: a model says which of two essays is better. For all: comparison."""
    input:
        unpack(sources("comparison")),
    output:
        layout.parsed("comparison", "{gen_id}"),
    log:
        "logs/generate_comparison/{gen_id}.log",
    wildcard_constraints:
        gen_id=inputs.gen_id_pattern("comparison"),
    run:
        plainly(this_run.generate, "comparison", wildcards.gen_id, output[0], log[0], rule)


rule comparison:
    """Target to type: every comparison of the cohort, each a job of generate_comparison."""
    input:
        every("comparison"),
    message:
        f"The comparisons of cohort {COHORT} are made"


localrules:
    comparison,
