"""Roles and scopes: enum members, never strings."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the method. The last group holds nobody: pseudo-roles of people without an account."""

    MEMBER = "member"
    LIAISON = "liaison"
    CONVENER = "convener"
    OFFICE = "office"
    DECIDER = "decider"
    UNIT = "unit"
    PRINCIPAL = "principal"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"

    RAISER = "raiser"
    PARTICIPANT = "participant"
    RESIDENT = "resident"
    SYSTEM = "system"


class Scope(StrEnum):
    """What a role is attached to."""

    DISTRICT = "district"
    STREET = "street"
    STATION = "station"
    COMMITTEE = "committee"
    UNIT = "unit"


STAFF_ROLES = frozenset(
    {
        Role.LIAISON,
        Role.CONVENER,
        Role.OFFICE,
        Role.DECIDER,
        Role.UNIT,
        Role.PRINCIPAL,
        Role.SYSTEM_ADMIN,
        Role.SECURITY_ADMIN,
        Role.AUDIT_ADMIN,
    }
)
"""Roles that need a second factor outside the demo."""

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""Three separate duties: by default nobody holds two of them."""

SCOPES_OF_ROLE = {
    Role.MEMBER: {Scope.DISTRICT},
    Role.LIAISON: {Scope.STATION},
    Role.CONVENER: {Scope.DISTRICT, Scope.STREET, Scope.STATION},
    Role.OFFICE: {Scope.DISTRICT, Scope.COMMITTEE},
    Role.DECIDER: {Scope.UNIT},
    Role.UNIT: {Scope.UNIT},
    Role.PRINCIPAL: {Scope.DISTRICT},
    Role.SYSTEM_ADMIN: {Scope.DISTRICT},
    Role.SECURITY_ADMIN: {Scope.DISTRICT},
    Role.AUDIT_ADMIN: {Scope.DISTRICT},
}
