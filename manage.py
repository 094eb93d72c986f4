#!/usr/bin/env python3
"""Django's command line, with the portal's settings and exit codes."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.kernel.core.command_line import main

    sys.exit(main(sys.argv))
