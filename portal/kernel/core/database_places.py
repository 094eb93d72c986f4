"""Whether two settings name one database: a backup of the main one must not hold the keys that open it."""

import socket
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

_LOCAL: Final = "this machine"
_PORT: Final = "5432"


def is_same_database(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both settings lead to the same name on the same server, however its address is written.

    Addresses are looked up, where name and port are the same; one that is not found is compared as it is written.
    """
    return _name(one) == _name(other) and _port(one) == _port(other) and bool(_servers(one) & _servers(other))


def is_this_machine(host: str) -> bool:
    """Whether a name or address is one that nobody reaches from elsewhere."""
    try:
        found = ip_address(host.strip("[]"))
    except ValueError:
        return host.rstrip(".").lower().rpartition(".")[2] == "localhost"
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback or (mapped or found).is_unspecified


def _name(setting: Mapping[str, Any]) -> str:
    """A database without a name is that of the role, for the driver."""
    return str(setting.get("NAME") or setting.get("USER") or "")


def _port(setting: Mapping[str, Any]) -> str:
    return str(setting.get("PORT") or _options(setting).get("port") or _PORT)


def _options(setting: Mapping[str, Any]) -> Mapping[str, Any]:
    return setting.get("OPTIONS") or {}


def _servers(setting: Mapping[str, Any]) -> set[str]:
    """The addresses of the setting's servers; a socket of this machine is the machine itself."""
    options = _options(setting)
    hosts = str(options.get("hostaddr") or setting.get("HOST") or options.get("host") or "")
    own = _found(socket.gethostname()) | {_LOCAL}
    found = set().union(*(_addresses(host.strip()) for host in hosts.split(",")))
    return found | own if found & own else found


def _addresses(host: str) -> set[str]:
    if not host or host.startswith(("/", "@")):
        return {_LOCAL}
    return {_LOCAL if is_this_machine(address) else address for address in _found(host) | {host.rstrip(".").lower()}}


def _found(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()
