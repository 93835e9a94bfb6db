"""Every command of the command line; importing this registers them."""

from ops import rotate, retire, status, recover, leftovers, credentials, policy  # noqa: F401, I001 - in the order of `--help`
