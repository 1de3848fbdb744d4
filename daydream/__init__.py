"""DayDreaming: can a language model come up with an idea when it is shown other ones?"""

__version__ = "0.2.0"
