#!/usr/bin/env python
import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal import environment

# The file .env describes the team's portal; the demo shares neither its data nor its address.
_NOT_OF_THE_DEMO = {"PORTAL_DATA_DIR", "DATABASE_URL", "REDIS_URL", "PORTAL_URL"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    file = Path(os.environ.get("PORTAL_ENV_FILE") or Path(__file__).with_name(".env"))
    try:
        environment.read_file(file, without=_NOT_OF_THE_DEMO if "--demo" in sys.argv else ())
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"portal: {error}")


if __name__ == "__main__":
    main()
