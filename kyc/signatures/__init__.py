"""Documents that prove themselves: who signed them is found out here, with no vendor and no network.

Plain Python: keys come in as arguments, and everything runs in the confined child of ``portal.kernel.vault.inspection``. "Genuine"
says that the issuer signed these words; it never says that the holder is the one who showed them.
"""
