"""QR codes, drawn by the portal, so that no other site sees their content."""

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


@dataclass(frozen=True, slots=True)
class Drawing:
    """For ``<svg viewBox="0 0 {size} {size}"><path d="{path}">``."""

    size: int
    path: str


def draw(text: str) -> Drawing:
    code = QRCode(border=4, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    dark = ((x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return Drawing(len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dark))
