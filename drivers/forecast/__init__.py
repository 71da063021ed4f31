"""Weather forecasts, as points of the house. See README.md."""

from .factory import ForecastFactory

factory = ForecastFactory()

__all__ = ["factory"]
