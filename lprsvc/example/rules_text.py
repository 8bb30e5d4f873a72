"""The rules of behavior of the example agency: a text to agree with, not legal advice."""

_AS_WRITTEN = """
RULES OF BEHAVIOR (EXAMPLE)

You are entering a service that holds license plate reads. Every query, every result you look at,
every photograph, every alert and every change is recorded with your name, and can be read by your
agency's auditors.

By affirming, you agree that you will:

1. Use the service for the official purpose you state with each query, and for no other. Looking up
yourself, family, friends, colleagues or anyone else out of curiosity is misuse.

2. Enter the whole plate, the state, a reason code and the case or subject truthfully, and name the
officer you ask for when you ask for somebody else.

3. Never base an enforcement action on a read alone. Corroborate it first: cameras misread plates,
plates are moved and stolen, and the vehicle is not the person.

4. Never use the service to follow anyone for race, ethnicity, national origin, religion, sex,
disability, political opinion, or any speech or assembly the First Amendment protects.

5. Put on an alert list only plates that an open case needs, tell the reason truthfully, and remove
them when the need ends.

6. Keep your password to yourself, lock your screen, and log out when you leave.

7. Share results only with those who need them for the same official purpose; print only what is
relevant; destroy printed copies when their date has come.

8. Report errors you see, and any loss, leak or misuse, to your supervisor at once.

Misuse can end your access and lead to disciplinary, civil or criminal action.
"""
# One line a paragraph: a page shows each break within one.
RULES_OF_BEHAVIOR = "\n\n".join(" ".join(part.split()) for part in _AS_WRITTEN.split("\n\n"))
