"""QR codes as one SVG path, for pages and for paper."""

from dataclasses import dataclass

import qrcode

# Modules of light around the code, without which readers do not find it (ISO/IEC 18004).
QUIET = 4


@dataclass(frozen=True)
class QrCode:
    """``path`` draws the dark modules; ``side`` is the width of ``view_box`` in modules, quiet zone included."""

    path: str
    side: int

    @property
    def view_box(self) -> str:
        return f"{-QUIET} {-QUIET} {self.side} {self.side}"

    @property
    def svg(self) -> str:
        """The code as a file of its own."""
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{self.view_box}"><path d="{self.path}"/></svg>'


def qr_code(text: str) -> QrCode:
    """Return the QR code of ``text``, of which 15 % may be torn off or dirty (level M)."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return QrCode(path, len(rows) + 2 * QUIET)
