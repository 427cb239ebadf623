from collections.abc import Mapping
from typing import ClassVar, Self

from .actions import ACTIONS, Action
from .parameters import on_the_wire
from .secret import Secret


class Write:
    """One write, with its parameters as they go over the wire and the secrets among them hidden.

    A subclass names its ``action`` and takes what a caller has to say. What is None is left out.
    """

    action: ClassVar[str]
    parameters: Mapping[str, object]

    def __init__(self, **fields: object) -> None:
        fields = on_the_wire(self.action, fields)  # under the same name: a frame keeps no plain secret
        self.parameters = {name: value for name, value in fields.items() if value is not None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.parameters)})"

    @property
    def spec(self) -> Action:
        return ACTIONS[self.action]

    @property
    def plain(self) -> dict[str, object]:
        """The parameters as they may be stored: the names of the secret ones are left out as well."""
        secret = self.spec.secret_parameters
        return {
            name: value
            for name, value in self.parameters.items()
            if name not in secret and not isinstance(value, Secret)
        }

    @classmethod
    def on_the_wire(cls, parameters: Mapping[str, object]) -> Self:
        """The write with these parameters, named as the provider names them."""
        write = cls.__new__(cls)
        Write.__init__(write, **parameters)
        return write
