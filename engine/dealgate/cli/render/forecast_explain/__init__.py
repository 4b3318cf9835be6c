"""Why a deal counts as it does, in each form it is shown in."""
