#!/bin/bash
# Works on a plan in jobs of an hour, one after the other, until all its cells are finished:
#
#     sbatch docs/slurm.sh results/plans/full-size.toml
#
#SBATCH --job-name=dkp-bench
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=32
#SBATCH --mem=128G
#SBATCH --time=01:00:00
#SBATCH --output=dkp-bench-%j.log

set -euo pipefail
plan=$1
cd "$SLURM_SUBMIT_DIR" # a clone of the repository, with dkp-bench installed in .venv
export PATH="$PWD/.venv/bin:$PATH"
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK # which srun does not take from sbatch since Slurm 22.05

status=0
srun dkp-bench run "$plan" --budget 57m --partial || status=$?

if [ "$status" -eq 3 ]; then # cells are left, and with --partial one that takes longer than a job goes on in the next
  sbatch docs/slurm.sh "$plan"
else
  exit "$status"
fi
