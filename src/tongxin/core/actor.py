"""Who does something: no actor, no write."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role held in a scope: ``("unit", 12)``; a district-wide role has scope ``("district", 0)``."""

    role: str
    scope: str = "district"
    scope_id: int = 0


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, the holder of a tracking code, a passer-by or a scheduled job.

    ``label`` is what the public history may say of them: an office's name, never a resident's.
    """

    role: str
    label: str
    user_id: int | None = None
    receipt_id: int | None = None
    assignments: frozenset[Assignment] = field(default_factory=frozenset)

    def has(self, role: str, scope: str | None = None, scope_id: int | None = None) -> bool:
        """Whether the actor holds the role, in that scope when one is given."""
        return any(
            a.role == role
            and (scope is None or (a.scope == scope and (scope_id is None or a.scope_id == scope_id)))
            for a in self.assignments
        )

    def scope_ids(self, role: str, scope: str) -> set[int]:
        """Identifiers of the scopes of one kind in which the actor holds the role."""
        return {a.scope_id for a in self.assignments if a.role == role and a.scope == scope}
