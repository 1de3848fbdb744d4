"""Slices: parts of a cohort, of whole chains, that several processes make side by side.

With `slice: k/n` in the configuration a run makes the k-th of n parts, and no table.
With `--set-scatter slices=N` (profiles/slurm has it) a run has its generations made by N jobs of a
cluster at most, each of which is such a run, and makes the tables itself. See docs/cluster.md.

Inputs:  the order of the slice, written when it has something to make
Outputs: slices/<cohort>/<target>/<k>-of-<n>.made
Reruns:  when the order is newer
"""


scattergather:
    slices=0,  # how many at most; none: this run makes all itself


SLICED = this_run.have_made_in(len(scatter.slices("{scatteritem}")))
LOG_OF_SLICE = "logs/generate_slice/{target}.{scatteritem}.log"

make_slice_here(workflow, project, LOG_OF_SLICE)  # on a node; elsewhere nothing


rule generate_slice:
    """One slice of the cohort, made by a run of its own on a node of a cluster."""
    input:
        order=slice_order,
        before=slices_before,
    output:
        layout.slice_mark(COHORT, "{target}", "{scatteritem}"),
    log:
        LOG_OF_SLICE,
    wildcard_constraints:
        target="|".join(TARGETS),
    conda:
        "envs/tables.yaml"
    params:
        python=sys.executable,
    # In place of the shell, which would die of the signal that lets calls under way end; unlike a
    # script (see shield_scripts), it minds Ctrl-C itself.
    shell:
        "trap - INT; exec {params.python} -m daydream.workflow.slice_job {input.order} {output} > {log} 2>&1"


if SLICED:

    # A node that is given one table or one generation computes less than it takes to start there.
    localrules:
        generate_draft,
        generate_essay,
        generate_evaluation,
        generate_comparison,
        summary_tables,
        snapshots,
        analysis_tables,
        pairwise_tables,
        human_tables,
        cross_tables,
        site,
