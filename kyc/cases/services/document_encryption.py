"""What is kept of a document lies under a key of its own: one that is erased takes nothing else with it."""

from collections.abc import Sequence

from kyc.base.models.documents import Document
from portal.kernel.core.actor import Actor
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files, texts


def seal(document: Document, text: str) -> bytes:
    """A text about the document, under its key."""
    return texts.seal(text, subject_ref=document.key_ref, retention_class=document.retention_class)


def seal_all(document: Document, clear: Sequence[str]) -> list[bytes]:
    """Several texts about the document, each as ``seal`` gives it; its key is asked for once."""
    return texts.seal_all(clear, subject_ref=document.key_ref, retention_class=document.retention_class)


def opened(document: Document, sealed: bytes | memoryview) -> str:
    """The clear text. Raises Shredded once the document was erased."""
    return texts.open(bytes(sealed), subject_ref=document.key_ref, retention_class=document.retention_class)


def keep(document: Document, copy: files.Encrypted, *, actor: Actor) -> StoredFile:
    """The copy that is kept, under the document's key and about its subject, in the caller's transaction."""
    return files.keep(
        copy,
        subject_ref=document.subject_ref,
        retention_class=document.retention_class,
        key_ref=document.key_ref,
        kind="kyc.document",
        actor=actor,
    )


def shred(document: Document, *, actor: Actor) -> int:
    """End the document's key, in the caller's transaction: its copy, number and texts open nowhere any more."""
    return files.shred(subject_ref=document.key_ref, retention_class=document.retention_class, actor=actor)
