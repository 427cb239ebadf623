from portal.models.access import AccountPolicy, Grant
from portal.models.first_admin import FirstAdminToken
from portal.models.users import Role, User

__all__ = ["AccountPolicy", "FirstAdminToken", "Grant", "Role", "User"]
