"""The language classifier: py3langid, which knows Kyrgyz, held to the three languages we answer in.

Loading the model takes about a second, so it is done once and only when a text needs it.
"""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from contracts.codes import LANGUAGES

# The beginning of a letter tells its language as well as the whole.
ENOUGH = 2_000


def classify(text: str) -> str:
    """Return the likeliest of ru, ky and en for ``text``; some answer comes back for any text."""
    language, _ = _identifier().classify(text[:ENOUGH])
    return str(language)


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier
