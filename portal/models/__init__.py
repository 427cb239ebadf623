from portal.models.access import AccountPolicy, Grant
from portal.models.audit import Act, AuditEntry, AuditHead, AuditText
from portal.models.catalogue import Gateway, Product, ServiceCommand, Switches
from portal.models.feeds import CalendarFeed
from portal.models.first_admin import FirstAdminToken
from portal.models.invitations import Invitation
from portal.models.labels import Label, Remark
from portal.models.nameservers import NameserverSet
from portal.models.needs import NeedNote
from portal.models.notifications import Device, MailTrouble, Notification
from portal.models.password_links import PasswordLink
from portal.models.saved_views import SavedView
from portal.models.share_links import ShareLink
from portal.models.users import PAGE_SIZES, Role, Theme, User
