"""Statuses of services and domains, as Ultahost writes them. One that is not known rules nothing out."""

ENDED_DOMAIN = ("Cancelled", "Transferred Away", "Fraud")
NOT_BEGUN_DOMAIN = ("Pending", "Pending Registration", "Pending Transfer")
NOT_RENEWABLE_DOMAIN = (*NOT_BEGUN_DOMAIN, *ENDED_DOMAIN)

ENDED_SERVICE = ("Terminated", "Cancelled", "Fraud", "Completed")
NOT_RUNNING_SERVICE = (*ENDED_SERVICE, "Pending", "Suspended")
