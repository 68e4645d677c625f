"""Where pip put the program."""

import os
import sys
import sysconfig


def _user_scheme():
    if sys.version_info >= (3, 10):
        return sysconfig.get_preferred_scheme("user")
    return "nt_user" if os.name == "nt" else "posix_user"


def _folders():
    yield sysconfig.get_path("scripts")
    # `pip install --prefix`, and environments layered over others.
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})
    # `pip install --user`.
    yield sysconfig.get_path("scripts", scheme=_user_scheme())
    # `pip install --target`: the programs are in `bin` beside the packages.
    yield os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin")


def find_jitcheck_bin() -> str:
    """The path of the program that this package installed."""
    name = "jitcheck" + (sysconfig.get_config_var("EXE") or "")
    looked = []
    for folder in _folders():
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
        looked.append(path)
    raise FileNotFoundError("jitcheck is in none of " + ", ".join(looked))
