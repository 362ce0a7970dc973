"""What is a tab's own, while its browser's tabs share the visit: whose page is open, in which language, what is sought.

Without it a tap on one child's page would be learnt of another, whose page lies open in the other tab.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.shop.session import Session, Who
from app.shop.wish import Wish


@dataclass(frozen=True, slots=True)
class Tab:
    """Where one tab is in the visit `session_id`. The visit holds the same of the tab that moved last, for new tabs."""

    session_id: str
    language: str
    who: Who
    current: str
    wish: Wish
    plan_open: bool

    @classmethod
    def of(cls, session: Session) -> Tab:
        """The tab in which `session` is seen."""
        return cls(session.id, session.language, session.who, session.current, session.wish, session.plan.open)

    def over(self, kept: Session) -> Session:
        """The visit `kept`, seen from this tab; of a child that another tab has forgotten, the one in use there."""
        if Tab.of(kept) == self:
            return kept
        current = self.current if any(person.id == self.current for person in kept.people) else kept.current
        return replace(
            kept,
            language=self.language,
            who=self.who,
            current=current,
            wish=self.wish,
            plan=replace(kept.plan, open=self.plan_open),
        )
