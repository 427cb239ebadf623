"""Texts that a provider may send and a page has to bear: one list for every test that shows any."""

LONGEST = 255  # letters that every column takes

OVERRIDE = "\u202e"
AWKWARD = {
    "400 letters without a gap": "W" * 400,
    "a domain of long labels": f"{'a' * 60}.{'b' * 60}.{'c' * 60}.example",
    "a long sentence": "Managed WordPress hosting for everybody " * 10,
    "right to left": "חשבונית 2026-17 עבור שרת",
    "right to left and back": "فاتورة INV-77 (paid) 12.50",
    "an override": f"INV-{OVERRIDE}0021",
    "isolates that never end": "\u2067\u2066INV-1\u2067",
    "marks": "\u200f1-2\u200e",
    "combining": "Z\u0335\u0321\u0300\u0301\u0302" * 20,
    "emoji": "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪" * 8,
    "invisible": "shop\u2060\u200b\ufeff.example",
}
