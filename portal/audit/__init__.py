"""The audit log: written by ``record`` within the transaction of the act, proved by ``verify``."""

from portal.audit.log import address_of, record
from portal.audit.verify import Verdict, verify
