"""``make stack``: the whole production on this machine, on loopback. ``python -m deploy.stack --help`` says more."""

import argparse
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings

from deploy.stack.parts import Stack
from deploy.stack.processes import StackError, install_what_is_missing
from deploy.stack.story import Person, tell
from deploy.stack.torture import Torture

# How long a scene lasts at least, in seconds.
FULL, SHORT = 20, 8


def say(words: str) -> None:
    """Write a line, now."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def check(stack: Stack) -> Person:
    """Walk the story of two people through the stack; returns one of them."""
    began = time.monotonic()
    _provider, client = tell(stack)
    requests, lag = stack.figures()
    say(f"The story of two people, their mail, pictures and headers: right, in {time.monotonic() - began:.0f} s")
    say(f"Figures: {requests} requests counted, replica {lag:.1f} s behind")
    return client


def torture(stack: Stack, person: Person, *, short: bool) -> bool:
    """Do to the stack what a bad day does, and say how it went; returns whether all was right."""
    scenes = Torture(stack, person.cookies(), SHORT if short else FULL)
    is_right = True
    for scene in scenes.scenes()[: 1 if short else None]:
        outcome = scene()
        say(outcome.line())
        is_right &= outcome.is_right
    for program in stack.programs.values():
        if not program.is_running:
            say(f"WRONG: {program.name} has ended:\n{program.last_words()}")
            is_right = False
    return is_right


def hold(stack: Stack) -> None:
    """Say where everything is and wait for Ctrl-C, or until something ends by itself."""
    say(f"{stack.address}/ (a certificate of its own; the browser will ask)")
    say(f"Mail: {stack.mail_box.folder}   Logs: {stack.folder}/*.log   Ctrl-C ends it.")
    while True:
        for program in stack.programs.values():
            if not program.is_running:
                raise StackError(f"{program.name} has ended:\n{program.last_words()}")
        time.sleep(1)


def main() -> int:
    """Return 0 when all was right, and no process is left either way."""
    options = argparse.ArgumentParser(prog="make stack", description=__doc__)
    options.add_argument("--check", action="store_true", help="walk the story of two people through it and end")
    options.add_argument("--torture", action="store_true", help="the same, and kill one part after another")
    options.add_argument("--short", action="store_true", help="with --torture: kill a gunicorn only")
    asked = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings.configure()
    django.setup()
    with TemporaryDirectory(prefix="palitas-stack-") as folder:
        try:
            install_what_is_missing()
            stack = Stack(Path(folder))
            try:
                stack.start()
                if not (asked.check or asked.torture):
                    hold(stack)
                person = check(stack)
                return 0 if not asked.torture or torture(stack, person, short=asked.short) else 1
            finally:
                stack.stop()
        except StackError as error:
            say(f"WRONG: {error}")
            return 1
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
