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

status=0
srun dkp-bench run "$plan" --budget 57m --partial || status=$?

if [ "$status" -eq 3 ]; then # cells are left; --partial made sure that each job brings them nearer to their end
  sbatch docs/slurm.sh "$plan"
else
  exit "$status"
fi
