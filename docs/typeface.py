"""Makes the portal's typeface anew, and the faces that keep its place until it has come.

    python -m docs.typeface InterVariable.woff2 REGULAR BOLD [REGULAR BOLD]

Needs fonttools and brotli. The first pair are files of Liberation Sans, which is as wide as Arial; the
second, if there is one, of Roboto. Writes static/fonts/inter.woff2 and static/css/typeface.css.
"""

import sys
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FONT, SHEET = ROOT / "static/fonts/inter.woff2", ROOT / "static/css/typeface.css"

# Latin with Latin-1 and Extended-A, the Romanian letters, ẞ, and the spaces, dashes, quotes, currencies,
# arrows and signs that pages use.
LETTERS = (
    "U+0020-007E,U+00A0-017F,U+0192,U+0218-021B,U+02C6-02C7,U+02D8-02DD,U+1E9E,U+2002-200A,U+2010-2015,"
    "U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20A0-20C0,U+2116,U+2122,"
    "U+2190-2193,U+2212,U+2215,U+2248,U+2260,U+2264-2265,U+25CF,U+2713,U+2717"
)
FEATURES = ["kern", "tnum", "ccmp", "locl", "mark", "mkmk"]
WEIGHTS = (400, 650)  # the lightest and the boldest of the style sheets

# What is measured: the names on the left are asked for on the reader's machine.
FALLBACKS = {
    "Inter like Arial": (
        ("Arial", "Liberation Sans", "Arimo"),
        ("Arial Bold", "Liberation Sans Bold", "Arimo Bold"),
    ),
    "Inter like Roboto": (("Roboto", "Roboto-Regular"), ("Roboto Bold", "Roboto-Bold")),
}
RANGES = {"U+30-39": "0123456789", "U+0-2F, U+3A-2FFF": ""}
HEAD = """/* Made by docs/typeface.py. Until Inter has come, a face of the machine keeps its place. */
@font-face {{
  font-family: "Inter";
  font-style: normal;
  font-weight: {0} {1};
  font-display: swap;
  src: url("../fonts/inter.woff2") format("woff2");
}}
"""
FACE = """@font-face {{
  font-family: "{family}";
  font-weight: {weights};
  src: {local};
  size-adjust: {size:.2%};
  ascent-override: {ascent:.2%};
  descent-override: {descent:.2%};
  line-gap-override: 0%;
  unicode-range: {range};
}}
"""


def main(inter: str, *machines: str) -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    whole = _again(instancer.instantiateVariableFont(TTFont(inter), {"opsz": 14, "wght": WEIGHTS}))
    options = subset.Options(flavor="woff2", hinting=False, notdef_outline=True, layout_features=FEATURES)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(LETTERS))
    subsetter.subset(whole)
    _keep_to_digits(whole)
    FONT.parent.mkdir(exist_ok=True)
    subset.save_font(whole, str(FONT), options)

    faces = [HEAD.format(*WEIGHTS)]
    drawn = {at: instancer.instantiateVariableFont(TTFont(FONT), {"wght": at}) for at in (400, 600)}
    pairs = list(zip(machines[::2], machines[1::2], strict=True))
    for (family, names), files in zip(FALLBACKS.items(), pairs, strict=False):
        for at, known, file, weights in zip(drawn, names, files, ("1 500", "501 999"), strict=True):
            for span, digits in RANGES.items():
                place = TTFont(file)
                text = [letter for letter in digits or _usual() if ord(letter) in place.getBestCmap()]
                size = _width(drawn[at], text, "tnum") / _width(place, text)
                head = drawn[at]["hhea"]
                per_em = drawn[at]["head"].unitsPerEm * size
                faces.append(
                    FACE.format(
                        family=family,
                        weights=weights,
                        local=", ".join(f'local("{name}")' for name in known),
                        size=size,
                        ascent=head.ascent / per_em,
                        descent=-head.descent / per_em,
                        range=span,
                    )
                )
    SHEET.write_text("".join(faces))


def _again(font: Any) -> Any:
    """As it is read from a file: one that was just cut lacks glyphs without outlines."""
    file = BytesIO()
    font.save(file)
    file.seek(0)
    return type(font)(file)


def _usual() -> str:
    """The texts of the pages in every language, for how often each letter comes."""
    texts = [path.read_text() for path in (ROOT / "locale").rglob("*.po")]
    lines = [line for text in texts for line in text.splitlines() if line.startswith(("msgid", "msgstr"))]
    return "".join(
        letter for line in lines for letter in line.split('"', 1)[1] if letter.isalpha() or letter == " "
    )


def _width(font: Any, text: list[str], feature: str = "") -> float:
    """In ems."""
    glyphs, widths = font.getBestCmap(), font["hmtx"]
    other = _substitutes(font, feature) if feature else {}
    total = 0
    for letter, times in Counter(text).items():
        name = glyphs[ord(letter)]
        total += times * widths[other.get(name, name)][0]
    return total / font["head"].unitsPerEm


def _keep_to_digits(font: Any) -> None:
    """Inter's tabular figures come with a wide hyphen and other signs, which tear names apart."""
    digits = {font.getBestCmap()[ord(digit)] for digit in "0123456789"}
    for mapping in _mappings(font, "tnum"):
        for name in set(mapping) - digits:
            del mapping[name]


def _substitutes(font: Any, feature: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for mapping in _mappings(font, feature):
        found |= mapping
    return found


def _mappings(font: Any, feature: str) -> list[dict[str, str]]:
    table = font["GSUB"].table
    indexes = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == feature
        for index in record.Feature.LookupListIndex
    }
    parts = [part for index in indexes for part in table.LookupList.Lookup[index].SubTable]
    return [getattr(getattr(part, "ExtSubTable", part), "mapping", {}) for part in parts]


if __name__ == "__main__":
    main(*sys.argv[1:])
