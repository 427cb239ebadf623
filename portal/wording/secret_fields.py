"""Which unknown fields of Ultahost hold a secret: by their names, and by what is written in them."""

import re
from typing import Any

HIDDEN = "••••"
_CUT = "…"
_DEEPEST = 20  # levels of objects and lists

# What means a secret anywhere in a name, also where words are run together: "securityqans", "rootpassword".
_ANYWHERE = re.compile(
    r"""
      pass(?!i[ov]|eng|age|ed) | pa?s?swd | pwd | secret(?!ar) | token | credential | (?<!cata)log[io]n(?!g)
    | qans | answer | licen[cs]e | serialn[ou] | 2fa | twofa | twofactor | secondfactor | signature
    | admin(?!istr) | gatewayid | encrypt | kubeconfig | connectionstring | mnemonic | seedphrase
    | oauth | auth(?:code|info|data|hash|string) | epp(?:code|key) | iban | bankac | bankcode | sortcode
    | card(?:num|no(?!t)) | ccnum | cvv | cvc | accountnum | routingn
    | (?:transfer|access|activation|unlock|recovery|backup|reset|verification|security|pin|puk)code
    | (?:support|card|sim|phone)pin
    | kennwort | zugangsdat | schlüssel | schluessel | geheim | sifre | şifre | parola | contrase
    """,
    re.VERBOSE,
)
# What means one only as a word of its own,
_WORDS = {
    *("pin", "pins", "puk", "pw", "auth", "authorization", "epp", "key", "keys", "cred", "creds", "otp")
}
_WORDS |= {*("totp", "tfa", "mfa", "hash", "hashes", "salt", "seed", "nonce", "sig", "cookie", "csc", "dsn")}
# or where words are written as one and it is the last of them, or "pw" the first.
_LAST = re.compile(r"^pw|(?:pw|auth|otp|hash|creds?|(?<!mon)(?<!tur)(?<!hoc)(?<!don)(?<!joc)(?<!whis)keys?)$")

_WORD = re.compile(r"[^\W_]+")
_HUMPS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Fields that say what the "value" beside them is
_NAMES = {"name", "label", "fieldname", "title", "option", "field", "key", "question"}
_VALUES = {"value", "values", "rawvalue", "val"}
_KEPT = {"id", "type"}  # of a pair that has a secret

_TEXT = re.compile(
    r"""
      (?: pass\w{0,20} | pwd? | secret | token | credentials? | login | api.?key ) ["']? \s* [:=;]
    | :// [^/\s:@]* : [^/\s@]+ @
    | -----BEGIN[ ]
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    """Whether the name of a field calls its value a secret."""
    words = [word.lower() for part in _WORD.findall(name) for word in _HUMPS.sub(" ", part).split()]
    if _ANYWHERE.search("".join(words)):
        return True
    bare = [word.rstrip("0123456789") for word in words]
    return any(word in _WORDS or _LAST.search(word) for word in bare)


def masked(name: str, value: Any, depth: int = 0) -> Any:
    """``value`` with "••••" in place of each secret, at any level. Of what is too deep "…" is left."""
    if is_secret(name):
        return HIDDEN
    if isinstance(value, str):
        return HIDDEN if _TEXT.search(value) else value
    if not isinstance(value, dict | list):
        return value
    if depth == _DEEPEST:
        return _CUT
    if isinstance(value, list):
        return [masked(name, one, depth + 1) for one in value]
    return _pair(value, depth) if _is_pair(value) else _each(value, depth)


def _each(told: dict[str, Any], depth: int) -> dict[str, Any]:
    return {name: masked(name, one, depth + 1) for name, one in told.items()}


def _is_pair(told: dict[str, Any]) -> bool:
    fields = {_plain(name) for name in told}
    return bool(fields & _NAMES and fields & _VALUES)


def _pair(told: dict[str, Any], depth: int) -> dict[str, Any]:
    names = {name: one for name, one in told.items() if _plain(name) in _NAMES and isinstance(one, str)}
    if not any(is_secret(one) for one in names.values()):
        return {name: names.get(name) or masked(name, one, depth + 1) for name, one in told.items()}
    shown = {name for name in told if name in names or _plain(name) in _KEPT}
    return {name: one if name in shown else HIDDEN for name, one in told.items()}


def _plain(name: str) -> str:
    return "".join(_WORD.findall(name)).replace("_", "").lower()
