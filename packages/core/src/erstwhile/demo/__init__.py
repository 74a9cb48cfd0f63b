"""A conversation played into the memory, and what can be asked of it afterwards."""

from erstwhile.demo.play import Played, play, shipped
from erstwhile.demo.tour import Answer, Comparison, Found, Hindsight, Tour, take_tour

__all__ = ["Answer", "Comparison", "Found", "Hindsight", "Played", "Tour", "play", "shipped", "take_tour"]
