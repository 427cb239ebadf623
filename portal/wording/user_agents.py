"""What a browser calls itself, as far as its words are known ones: a stranger may have written them."""

# Names that others carry too come last: Chrome says that it is Safari, Edge that it is Chrome.
_BROWSERS = [
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
_SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
]


def family(user_agent: str) -> str:
    """`Firefox, Windows`; empty for a stranger."""
    known = [
        next((name for word, name in names if word in user_agent), "") for names in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, known))
