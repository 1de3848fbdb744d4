#!/bin/bash
# The server of an endpoint as a job, for all slices. From the folder in which you would type snakemake:
#
#   sbatch --gres=gpu:1 profiles/slurm-array/serve.sh gpu
#
# The argument is an endpoint with `serve` and `serve_once: true`; options of daydream may follow it.
# Slices wait for the server, and find it by data/endpoints/gpu.json. scancel ends it. docs/cluster.md
# tells the rest.
#
#SBATCH --job-name=daydream-serve
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@60

# In place of this shell, so that Slurm's signals reach it.
exec daydream serve "$@"
