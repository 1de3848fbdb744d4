"""Drafts: a combination of concepts, rendered through a template, answered by a model.

Inputs:  the draft template and its system prompt, if there is one; the description files of the
         combo's own concepts
Outputs: gens/draft/<gen_id>/parsed.txt (prompt, raw answer, metadata and ledger beside it)
Reruns:  when one of these is newer
"""


rule generate_draft:
    """One draft: a model connects the concepts of one combination. For all: generation_draft."""
    input:
        unpack(sources("draft")),
    output:
        layout.parsed("draft", "{gen_id}"),
    log:
        "logs/generate_draft/{gen_id}.log",
    wildcard_constraints:
        gen_id=inputs.gen_id_pattern("draft"),
    run:
        plainly(this_run.generate, "draft", wildcards.gen_id, output[0], log[0], rule)


rule generation_draft:
    """Target to type: every draft of the cohort, each a job of generate_draft."""
    input:
        every("draft"),
    message:
        f"The drafts of cohort {COHORT} are made"


localrules:
    generation_draft,
