"""The one error of the launcher: a sentence for the person at the terminal.

Whatever stops a start, a stop or a report is said in words that name the thing and the way out;
`cli.py` prints the sentence and leaves with status 1, without a traceback.
"""


class LaunchError(Exception):
    """Something the person at the terminal can act on; its text is a whole sentence."""
