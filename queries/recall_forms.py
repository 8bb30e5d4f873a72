"""What a person enters about their recent queries."""

from typing import Any
from uuid import UUID

from django import forms

from queries.models import RecentQuery
from queries.rules import PIN_MAX_CHARACTERS
from queries.selectors import MINE, RECALL_SORTS, SHARED, RecallFilter


class RecallFilterForm(forms.Form):
    """Which recent queries to list, from the address; what nobody knows is left aside."""

    q = forms.CharField(
        label="Whole plate, or words of the case",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    whose = forms.ChoiceField(
        label="Whose",
        required=False,
        choices=[("", "Mine and shared"), (MINE, "Mine"), (SHARED, "Shared with me")],
    )
    reason = forms.ChoiceField(label="Reason", required=False)
    sort = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[("newest", "Newest first"), ("oldest", "Oldest first"), ("plate", "By plate")],
    )

    def __init__(self, data: Any, *, reasons: dict[str, str]) -> None:
        super().__init__(data)
        reason = self.fields["reason"]
        if isinstance(reason, forms.ChoiceField):
            reason.choices = [("", "Any reason"), *reasons.items()]

    def chosen(self) -> RecallFilter:
        """The filter, of what can be read of it."""
        self.is_valid()
        entered = self.cleaned_data
        sort = entered.get("sort") or ""
        return RecallFilter(
            text=entered.get("q") or "",
            whose=entered.get("whose") or "",
            reason=entered.get("reason") or "",
            sort=sort if sort in RECALL_SORTS else "newest",
        )


class KeepForm(forms.Form):
    """The name of a recent query, and the group that its question is shared with."""

    name = forms.CharField(
        label="Name",
        required=False,
        max_length=PIN_MAX_CHARACTERS,
        help_text="A named query stays on top of your list. Empty: no name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    group = forms.ChoiceField(
        label="Share the question with",
        required=False,
        help_text="Its members can see the question and ask it themselves. Never the answer.",
    )

    def __init__(self, data: Any, *, query: RecentQuery, groups: dict[UUID, str]) -> None:
        kept = str(query.group_id) if query.group_id else ""
        super().__init__(data, initial={"name": query.pinned_as, "group": kept})
        offered = {str(pk): name for pk, name in groups.items()}
        if query.group:
            offered.setdefault(kept, query.group.name)
        group = self.fields["group"]
        if isinstance(group, forms.ChoiceField):
            group.choices = [("", "– Nobody –"), *offered.items()]

    def chosen_group(self) -> UUID | None:
        """The group of a valid form."""
        chosen: str = self.cleaned_data["group"]
        return UUID(chosen) if chosen else None
