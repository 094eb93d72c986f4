"""What can go wrong with sealing and signing. None of it loses an entry: entries wait and are sealed later."""

from portal.kernel.core.errors import Unavailable


class NotSealed(Unavailable):
    """The entry has no place under a signed checkpoint yet. Not a failure of what it records."""

    code = "NOT_SEALED"


class SigningStopped(NotSealed):
    """A check of the ledger failed, or the anchor does not agree: nothing is signed until people have looked."""

    code = "SIGNING_STOPPED"


class KeyNotAgreed(NotSealed):
    """The key that is set is not the one that two people agreed to: it signs nothing."""

    code = "KEY"


class AnchorUnusable(NotSealed):
    """The anchor file cannot be read or written, or is missing where it has to be."""

    code = "ANCHOR"
