"""`utf8`: text as bytes, as the web writes it.

A str of Python may hold lone surrogates: names of files that are no UTF-8, halves of a character out of JSON. No
encoding can write them, and the standards turn them into U+FFFD first (Infra, "scalar value string").
"""

from __future__ import annotations


def utf8(text: str) -> bytes:
    """Text as UTF-8; a lone surrogate becomes U+FFFD, and two that belong together their character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
