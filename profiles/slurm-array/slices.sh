#!/bin/bash
# One slice of the cohort as a task of a Slurm array. From the folder in which you would type snakemake:
#
#   sbatch --array=1-4 profiles/slurm-array/slices.sh 4
#   sbatch --array=1-4 profiles/slurm-array/slices.sh 4 comparison --configfile mine.yaml
#
# The first argument is the number of slices (Slurm does not know it: a task that is submitted again
# is an array of one); the others are targets and options of snakemake. docs/cluster.md tells the rest.
#
#SBATCH --job-name=daydream
#SBATCH --cpus-per-task=1
#SBATCH --mem=1500M
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120

set -eu

usage="Usage: sbatch --array=1-N $0 N [targets and options of snakemake]"
: "${SLURM_ARRAY_TASK_ID:?$usage}"
slices=${1:?$usage}
shift

# What to type when something is left, for the run's last lines. $0 is a copy that Slurm has made.
script=$(squeue --noheader --job "$SLURM_JOB_ID" --format %o 2> /dev/null | head -1) || script=
script=${script%% *} # its arguments follow
printf -v again '%q ' sbatch "--array=$SLURM_ARRAY_TASK_ID" "${script:-profiles/slurm-array/slices.sh}" "$slices" "$@"
export DAYDREAM_AGAIN=${again% }

# snakemake takes --config once, so the slice joins the pairs that are there.
arguments=() has_config=
for argument in "$@"; do
    arguments+=("$argument")
    case $argument in
        --config | -C)
            arguments+=("slice=$SLURM_ARRAY_TASK_ID/$slices")
            has_config=yes
            ;;
    esac
done
[ -n "$has_config" ] || arguments+=(--config "slice=$SLURM_ARRAY_TASK_ID/$slices")

# In place of this shell, so that Slurm's signals reach the run: calls under way end, and none starts.
exec snakemake "${arguments[@]}"
