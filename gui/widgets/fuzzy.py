"""Matching by letters in order, as command palettes do."""


def fuzzy_score(typed: str, text: str) -> float | None:
    """How well `typed` fits `text`: None when its letters don't occur in order; starts of words and runs count more.

    Words may stand in another order, which counts less.
    """
    words = typed.split()
    score = _in_order(typed, text)
    if score is None and len(words) > 1:
        each = [_in_order(word, text) for word in words]
        found = [one for one in each if one is not None]
        score = sum(found) / len(words) if len(found) == len(words) else None
    return score


def _in_order(typed: str, text: str) -> float | None:
    wanted = [letter for letter in typed.casefold() if not letter.isspace()]
    lower = text.casefold()
    score, place, run = 0.0, -1, 0
    for letter in wanted:
        found = lower.find(letter, place + 1)
        if found < 0:
            return None
        starts_word = found == 0 or not lower[found - 1].isalnum()
        run = run + 1 if found == place + 1 and place >= 0 else 0
        score += 1 + 2 * starts_word + 1.5 * run - 0.02 * (found - place)
        place = found
    return score - 0.01 * len(text)
