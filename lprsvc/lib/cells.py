"""What a spreadsheet's cell may hold."""

# A spreadsheet takes a text that begins so for a formula (OWASP "CSV injection").
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(value: object) -> object:
    """The value as a cell may hold it: a text that begins like a formula gets a ' before it."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_BEGINS_FORMULA):
        return f"'{value}"
    return value
