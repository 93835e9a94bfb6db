"""What NVCF takes as a registry hostname: a bare, lower-case DNS name.

The server answers every violation with one and the same regular expression (NVCF contract 1.3), or, for upper
case, with "not yet recognized"; here each has its own reason and, where it can be derived, the hostname that
was meant.
"""

from __future__ import annotations

import ipaddress
import re

from nvcf.mistakes import Mistake

MAX_HOSTNAME = 253

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LAST_LABEL = re.compile(r"[a-z0-9]{2,63}")
_PORT = re.compile(r":[0-9]*$")
_NAMES_ONLY = "NVCF takes DNS names only: give the registry's DNS name"


def hostname_mistake(hostname: str) -> Mistake | None:
    """Judges the shape of a registry hostname, whatever the registry.

    Args:
        hostname: The hostname as the user gave it.

    Returns:
        The first thing wrong with it, or `None` for a hostname NVCF accepts in shape (NVCF contract 1.3).
    """
    judges = (_shape_mistake, _url_mistake, _address_mistake, _name_mistake)
    return next((mistake for judge in judges if (mistake := judge(hostname))), None)


def bare_hostname(text: str) -> str:
    """Returns the hostname probably meant: no scheme, user, port, path or final dot, in lower case."""
    rest = _SCHEME.sub("", text.strip())
    rest = rest.split("/", 1)[0].rsplit("@", 1)[-1]
    return _PORT.sub("", rest).rstrip(".").lower()


def _shape_mistake(hostname: str) -> Mistake | None:
    if not hostname.strip():
        return Mistake("is empty", "Give the registry's hostname, such as 'public.ecr.aws'")
    if any(c.isspace() or not c.isprintable() for c in hostname):
        return Mistake("contains white space or a control character", _give(hostname))
    return None


def _url_mistake(hostname: str) -> Mistake | None:
    """Finds what a URL has before and after its hostname."""
    if "@" in hostname:
        # The part before the @ may be a password: it is not repeated.
        return Mistake("contains '@' with something before it", f"A hostname has no user; {_give(hostname, 'give')}")
    scheme = _SCHEME.match(hostname)
    if scheme:
        return Mistake(f"has a scheme ('{scheme[0]}')", _give(hostname))
    _, slash, path = hostname.partition("/")
    if path:
        return Mistake(f"has a path ('/{path}')", f"{_give(hostname)}; a function's image names the repository")
    return Mistake("ends with a slash", _give(hostname)) if slash else None


def _address_mistake(hostname: str) -> Mistake | None:
    """Finds a port and addresses given as numbers."""
    if hostname.startswith("[") or hostname.count(":") > 1:
        return Mistake("is an IPv6 address", _NAMES_ONLY)
    port = _PORT.search(hostname)
    if port:
        return Mistake(f"has a port ('{port[0]}')", f"NVCF takes no ports; {_give(hostname, 'give')}")
    return Mistake("is an IPv4 address", _NAMES_ONLY) if _is_ipv4(hostname) else None


def _name_mistake(hostname: str) -> Mistake | None:
    """Judges a text that is nothing but a name: is it a DNS name as NVCF compares them."""
    if hostname.endswith("."):
        return Mistake("ends with a dot", _give(hostname))
    if not hostname.isascii():
        return Mistake("contains characters outside ASCII", "Give the name in its ASCII form ('xn--…')")
    if hostname != hostname.lower():
        return Mistake("contains upper case", f"NVCF compares hostnames letter by letter; {_give(hostname, 'give')}")
    if "_" in hostname:
        return Mistake("contains an underscore", "Registries' DNS names have letters, digits and hyphens only")
    return _labels_mistake(hostname)


def _labels_mistake(hostname: str) -> Mistake | None:
    if len(hostname) > MAX_HOSTNAME:
        return Mistake(f"has {len(hostname)} characters", f"NVCF takes at most {MAX_HOSTNAME}")
    *labels, last = hostname.split(".")
    if not labels:
        return Mistake("has no dot", "NVCF takes full names with a domain, such as 'docker.io'")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        return Mistake(
            f"has the part '{wrong}', which is no DNS label",
            "Each part between dots has 1 to 63 letters, digits and inner hyphens",
        )
    if not _LAST_LABEL.fullmatch(last):
        return Mistake(f"ends in '.{last}'", "The last part has 2 to 63 letters or digits, as in '.com' or '.io'")
    return None


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _give(hostname: str, verb: str = "Give") -> str:
    """Words the remedy, with the hostname that was meant when it is a good one."""
    bare = bare_hostname(hostname)
    # Only the rules that call nothing back: a remedy must not lead to another remedy.
    good = not _labels_mistake(bare) and not _is_ipv4(bare)
    return f"{verb} the bare hostname '{bare}'" if good else f"{verb} the bare hostname"
