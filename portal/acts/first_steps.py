"""Whether an admin has put the first steps away. Not in the audit log: it changes what they see on Home."""

from portal.models import User


def put_away(by: User) -> None:
    User.objects.filter(pk=by.pk).update(first_steps_away=True)


def bring_back(by: User) -> None:
    User.objects.filter(pk=by.pk).update(first_steps_away=False)
