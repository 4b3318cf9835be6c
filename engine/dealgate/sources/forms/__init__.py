"""Foreign text under a declared form: numbers, dates and flags, read exactly or not at all.

Nothing here guesses when a mapping is applied: a form is declared, and text that does not fit it is
None. The ``detect_…`` functions look at a column for a draft, and answer Ambiguous where both readings fit.
"""

from dealgate.sources.forms.dates import Moment, detect_date_format, known_format, parse_date, read_moment
from dealgate.sources.forms.flags import FALSE_WORDS, TRUE_WORDS, parse_boolean
from dealgate.sources.forms.numbers import (
    Number,
    detect_decimal_mark,
    detect_percent_scale,
    exact,
    parse_number,
    parse_percent,
    read_number,
)
from dealgate.sources.forms.text import Ambiguous

__all__ = [
    "FALSE_WORDS",
    "TRUE_WORDS",
    "Ambiguous",
    "Moment",
    "Number",
    "detect_date_format",
    "detect_decimal_mark",
    "detect_percent_scale",
    "exact",
    "known_format",
    "parse_boolean",
    "parse_date",
    "parse_number",
    "parse_percent",
    "read_moment",
    "read_number",
]
