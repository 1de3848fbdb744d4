"""Essays: a parsed draft, rendered through a template and answered, or copied as it is.

Inputs:  the essay template and its system prompt (not for a copy); the draft's parsed.txt; the
         descriptions of the concepts, if the template shows them
Outputs: gens/essay/<gen_id>/parsed.txt
Reruns:  when one of these is newer
"""


rule generate_essay:
    """One essay: the draft's model writes it out, or it is a copy. For all: generation_essays."""
    input:
        unpack(sources("essay")),
    output:
        layout.parsed("essay", "{gen_id}"),
    log:
        "logs/generate_essay/{gen_id}.log",
    wildcard_constraints:
        gen_id=inputs.gen_id_pattern("essay"),
    run:
        plainly(this_run.generate, "essay", wildcards.gen_id, output[0], log[0], rule)


rule generation_essays:
    """Target to type: every essay of the cohort, each a job of generate_essay, and their drafts."""
    input:
        every("essay"),
    message:
        f"The essays of cohort {COHORT} are made"


localrules:
    generation_essays,
