"""Who may see and do what: users and their roles, logins, tokens, and the guard in front of every route."""

from .guard import Guard, person_of
from .people import Access, Person, Role
from .users import Users

__all__ = ["Access", "Guard", "Person", "Role", "Users", "person_of"]
