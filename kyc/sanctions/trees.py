"""The tree of a list that is published as XML."""

from typing import Final

from lxml import etree

from kyc.sanctions.entries import BadListError

_DECLARED: Final = "The file declares a document type: that is not how the list is published."


def root_of(data: bytes) -> etree._Element:
    """The root of the document. Raises BadListError for what is no whole XML, and for a document type in any encoding."""
    # In UTF-16 and UTF-32 the same letters have zero bytes between them. Looked for before anything is expanded.
    plain = data.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise BadListError(_DECLARED)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadListError("The file is no whole XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:  # an encoding in which the letters have other bytes
        raise BadListError(_DECLARED)
    return root
