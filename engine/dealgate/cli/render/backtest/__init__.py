"""The backtest, in each form it is shown in."""
