"""Files for tests, made here: small and harmless, or made to be refused."""

import io

import pikepdf
from PIL import Image


def png(width: int = 20, height: int = 10) -> bytes:
    return _image("PNG", width, height)


def jpeg(width: int = 20, height: int = 10, **kwargs: object) -> bytes:
    return _image("JPEG", width, height, **kwargs)


def _image(kind: str, width: int, height: int, **kwargs: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, kind, **kwargs)
    return target.getvalue()


def pdf(pages: int = 1, *, password: str = "", action: str = "", attachment: bytes = b"") -> bytes:
    target = io.BytesIO()
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(200, 100))
    if action:
        page = document.pages[0]
        page.obj["/AA"] = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name(action), JS="app.alert(1)"))
    if attachment:
        document.attachments["x.txt"] = attachment
    encryption = pikepdf.Encryption(owner=password, user=password) if password else False
    document.save(target, encryption=encryption)
    return target.getvalue()
