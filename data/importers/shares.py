"""What share of each field was understood, and every distinct form that was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from data.parsing.outcome import Parsed
from data.parsing.text import mojibake

_FORMS: Final = 100_000
"""Distinct forms kept a field: beyond it memory would follow the file, so further ones are only counted."""

_LONGEST: Final = 200
_EXAMPLES: Final = 20
WRONG_ENCODING: Final = "looks decoded with a wrong encoding"


@dataclass
class Share:
    """One field of every row read: empty + understood + not understood."""

    empty: int = 0
    understood: int = 0
    not_understood: int = 0
    forms: Counter[tuple[str, str]] = field(default_factory=Counter)  # (text, why) of what was not understood
    first: dict[tuple[str, str], str] = field(default_factory=dict)  # where each form stands first
    notes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)  # note → the first texts that it is about
    unlisted: int = 0

    def add(self, parsed: Parsed[Any], text: str, place: str) -> None:
        """Count what became of `text`, which stands at `place`."""
        if parsed.empty:
            self.empty += 1
            return
        shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        if parsed.value is None:
            self.not_understood += 1
            form = (shown, parsed.why)
            if form not in self.forms and len(self.forms) >= _FORMS:
                self.unlisted += 1
                return
            self.forms[form] += 1
            self.first.setdefault(form, place)
            return
        self.understood += 1
        if parsed.note:
            self.note(parsed.note, shown, place)

    def note(self, note: str, text: str, place: str) -> None:
        """Count something to know about an understood value."""
        self.notes[note] += 1
        examples = self.examples.setdefault(note, [])
        if len(examples) < _EXAMPLES:
            examples.append(f"{place}: {text}")

    @property
    def share(self) -> float | None:
        """Understood of what is not empty, 0 to 1; None where all is empty."""
        stated = self.understood + self.not_understood
        return self.understood / stated if stated else None

    def record(self) -> dict[str, Any]:
        """As JSON; forms by how often they stand there."""
        return {
            "empty": self.empty,
            "understood": self.understood,
            "not_understood": self.not_understood,
            "share": self.share,
            "forms_not_understood": [
                {"text": text, "why": why, "count": count, "first": self.first[text, why]}
                for (text, why), count in sorted(self.forms.items(), key=lambda item: (-item[1], item[0]))
            ],
            "forms_not_listed": self.unlisted,
            "notes": [{"note": n, "count": c, "examples": self.examples[n]} for n, c in self.notes.most_common()],
        }


class Shares(dict[str, Share]):
    """Field → its share."""

    def see(self, name: str, parsed: Parsed[Any], text: str, place: str) -> None:
        """Count a parsed field."""
        self.setdefault(name, Share()).add(parsed, text, place)

    def see_text(self, name: str, text: str, place: str) -> None:
        """Count a field of free text: understood as it is, noted where it was decoded with a wrong encoding."""
        damaged = WRONG_ENCODING if mojibake(text) else ""
        self.see(name, Parsed(text, note=damaged) if text else Parsed(), text, place)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {name: share.record() for name, share in self.items()}
