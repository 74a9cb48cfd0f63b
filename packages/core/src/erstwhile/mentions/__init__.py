"""The times that a text speaks of, read relative to when it was said; English, pure.

A text is read into expressions (`grammar`), and those into intervals (`resolving`), with python-dateutil for the calendar: months of unequal length, what
recurs, Easter. The libraries that search texts for dates (dateparser, parsedatetime, timefhuman, ctparse) give points where a period is meant, miss weekends,
seasons and holidays, and the first two take "may", "march" or "3.11" for a date; so the words are ours.
"""

from erstwhile.mentions.expressions import EVER
from erstwhile.mentions.reading import Mention, asks_when, mentions_of

__all__ = ["EVER", "Mention", "asks_when", "mentions_of"]
