"""The one base class of every error that a person is meant to read."""


class SemdnnError(Exception):
    """Bad input, told in one line: what is wrong, where (file, row, key), and what to do.

    The command line prints the message without a traceback (``--debug`` shows it) and exits
    with status 2, or with 1 where some files of a batch failed.
    """
