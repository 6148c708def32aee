"""What a param's value is to Java: every setting is a text there, with its own check."""

from numbers import Real
from typing import Any


def text(value: Any) -> str:
    """A text as it is, a number's text, true or false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, Real)):
        return str(value)
    raise TypeError("Allowed is a str, a number or a bool, and not %r of type %s." % (value, type(value).__name__))
