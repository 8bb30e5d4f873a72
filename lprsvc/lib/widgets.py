"""Ways to enter something that Django has no widget for; `uswds/field.html` draws them."""

from django import forms


class ComboBox(forms.Select):
    """A list to choose from by typing part of a name; without script a plain drop-down."""
