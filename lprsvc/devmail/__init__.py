"""The in-box of the example set-up: mail is kept in a folder instead of being sent."""
