"""The forecast, in each form it is shown in."""
