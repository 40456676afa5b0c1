"""The one exception that reaches a performer: a sentence that says what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend; the message is one sentence that says how.

    The command line prints it to stderr and exits with 1; the daemon logs it, sends it to
    `/ld/out/error` and plays on.
    """
