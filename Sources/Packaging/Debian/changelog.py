#!/usr/bin/env python3
"""changelog.py CHANGELOG MAINTAINER: the changelog in Debian's form."""

import email.utils
import re
import sys
import textwrap
from datetime import datetime, timezone


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    for version, date, body in re.findall(r"(?ms)^## (\S+) - (\S+)$\n(.*?)(?=^## |\Z)", text):
        print(f"chat-tui ({version}) unstable; urgency=medium\n")
        for entry in re.findall(r"(?ms)^- (.*?)(?=^- |\Z)", body):
            print(textwrap.fill(" ".join(entry.replace("`", "").split()), 76, initial_indent="  * ", subsequent_indent="    "))
        time = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=timezone.utc)
        print(f"\n -- {sys.argv[2]}  {email.utils.format_datetime(time)}\n")


if __name__ == "__main__":
    main()
