"""The security questions one may choose from, and what counts as the same answer (ACC-6).

Good questions have one short answer that stays the same for life, that the person knows without
looking it up, and that stands in no public record, social profile or personnel file. Hence no
mother's maiden name, no place of birth, no school, no pet, no favorite anything.
"""

import unicodedata

# Keys stand in the database: never rename one; a question no longer offered goes to RETIRED.
QUESTIONS: dict[str, str] = {
    "first-boss": "What was the first name of the first boss you ever had?",
    "family-nickname": "What nickname did your family have for you that nobody else uses?",
    "first-phone-digits": "What were the last four digits of the first phone number you remember?",
    "oldest-cousin": "What is the middle name of your oldest cousin?",
    "first-concert": "Who played at the first concert you went to?",
    "grandparent-job": "What work did the grandparent you knew best do?",
    "first-flight": "To which airport did you fly on your first flight?",
    "childhood-injury": "What were you doing when you were first badly hurt as a child?",
    "first-car-seller": "From whom did you get your first car?",
    "worst-teacher": "What was the last name of the teacher you liked least?",
    "kept-object": "What object from your childhood do you still keep?",
    "imagined-job": "What did you want to become when you were eight years old?",
    "neighbor": "What was the first name of the neighbor you knew best as a child?",
    "family-dish": "Which dish did your family always burn?",
    "night-place": "In which town did you first spend a night away from your parents?",
    "lost-thing": "What thing did you lose as a child and never find again?",
}
RETIRED: dict[str, str] = {}
CHOSEN = 3
MIN_ANSWER = 3
MAX_ANSWER = 100


def text_of(question: str) -> str:
    """The question as people read it."""
    return QUESTIONS.get(question) or RETIRED[question]


def normalized(answer: str) -> str:
    """What is hashed and compared: letters' case, spaces and punctuation never matter."""
    folded = unicodedata.normalize("NFKC", answer).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
