"""``python -m palitas.torture.run``: tortures the database of DATABASE_URL, which ``manage.py torture`` has made.

The processes that this one starts import this module first, which is how Django is set up in them too.
"""

import logging

import django

django.setup()
# A refusal is what is wanted here; a mistake is still said.
logging.getLogger("django.request").setLevel(logging.ERROR)
logging.getLogger("notices.delivery").setLevel(logging.ERROR)

from palitas.torture.director import main  # noqa: E402

if __name__ == "__main__":
    main()
