"""Whole seasons through the real controller: backtests, comparisons, reports, tuning and calibration."""
