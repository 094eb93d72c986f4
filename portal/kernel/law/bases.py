"""Whether a stated lawful basis fits: the law it is stated under knows it, and the purposes rest on the same one."""

from collections.abc import Iterable, Iterator, Mapping

from portal.kernel.law.choices import BASES_OF_REGIME
from portal.kernel.law.models import Purpose


def unknown_bases(stated: Mapping[str, str]) -> Iterator[str]:
    """The laws whose stated basis is none that they know (GDPR's legitimate interest under the DPDP Act)."""
    return (regime for regime, basis in stated.items() if basis and basis not in BASES_OF_REGIME[regime])


def other_bases(stated: Mapping[str, str], purposes: Iterable[Purpose]) -> Iterator[tuple[str, Purpose]]:
    """Each law under which a purpose rests on another basis than is stated, with the purpose: purposes are what people are told."""
    named = list(purposes)
    return (
        (regime, purpose)
        for regime, basis in stated.items()
        for purpose in named
        if basis and purpose.bases.get(regime, basis) != basis
    )
