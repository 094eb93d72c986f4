"""The certificates that ship with the portal: ``kyc/data/signers``."""

import tomllib
from dataclasses import dataclass
from functools import cache

from kyc.signatures.keys import Key
from portal.kernel.core.data_files import data_of

DATA = data_of("kyc") / "signers"


@dataclass(frozen=True)
class Shipped:
    """One certificate with where it comes from and how sure that is: R reviewed, U unconfirmed."""

    key: Key
    source: str
    confidence: str


@cache
def shipped() -> tuple[Shipped, ...]:
    """Newest first, as in the file. Raises ValueError for a file that is not the certificate its row names."""
    found = []
    for row in tomllib.loads((DATA / "signers.toml").read_text(encoding="utf-8"))["signer"]:
        key = Key.from_file((DATA / row["file"]).read_bytes(), row["kinds"])
        if key.sha256 != row["sha256"]:
            raise ValueError(f"{row['file']} is not the certificate that signers.toml names.")
        found.append(Shipped(key, row["source"], row["confidence"]))
    return tuple(found)
