"""How much torture."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The full form unless told otherwise.

    Attributes:
        only: a part of the names of the races to run; all when empty.
        seed: decides when the mail server fails and when workers are killed.
    """

    processes: int = 16
    rounds: int = 200
    mails: int = 300
    kills: int = 20
    seed: int = 1
    only: str = ""


SHORT = Size(processes=4, rounds=10, mails=40, kills=3)
