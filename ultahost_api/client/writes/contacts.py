from ..core.write import Write


class CreateContact(Write):
    """``fields`` as documented; first and last name and e-mail address are required."""

    action = "create_contact"


class UpdateContact(Write):
    """Changes the given fields only."""

    action = "update_contact"

    def __init__(self, contact_id: int, **fields: object) -> None:
        super().__init__(contactid=contact_id, **fields)


class DeleteContact(Write):
    action = "delete_contact"

    def __init__(self, contact_id: int) -> None:
        super().__init__(contactid=contact_id)
