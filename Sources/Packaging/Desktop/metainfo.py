#!/usr/bin/env python3
"""metainfo.py CHANGELOG: the AppStream metadata, with the releases of the changelog."""

import html
import re
import sys

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<component type="console-application">
  <id>io.github.chat_tui.chat_tui</id>
  <metadata_license>MIT</metadata_license>
  <project_license>MIT</project_license>
  <name>chat-tui</name>
  <summary>Talk about a product with its buyer or seller, in a terminal</summary>
  <summary xml:lang="ru">Переписка о товаре с покупателем или продавцом, в терминале</summary>
  <description>
    <p>A marketplace's buyer and seller talk about a product, each in a terminal. Nothing is lost when the connection or the
    program breaks off, and nothing comes twice.</p>
    <p xml:lang="ru">Покупатель и продавец переписываются о товаре, каждый в своём терминале. Ничего не теряется при обрыве связи
    или программы, и ничего не приходит дважды.</p>
    <p>Without a set-up, it talks to the other users of the same server, or to a marketplace's account.</p>
    <p xml:lang="ru">Настраивать ничего не нужно; можно войти и в учётную запись маркетплейса.</p>
  </description>
  <icon type="stock">chat-tui</icon>
  <launchable type="desktop-id">chat-tui.desktop</launchable>
  <categories>
    <category>Network</category>
    <category>InstantMessaging</category>
  </categories>
  <provides>
    <binary>chat-tui</binary>
  </provides>
  <developer_name>The chat-tui authors</developer_name>
  <content_rating type="oars-1.1">
    <content_attribute id="social-chat">intense</content_attribute>
  </content_rating>
  <releases>"""


def releases(changelog):
    for version, date, body in re.findall(r"(?ms)^## (\S+) - (\S+)$\n(.*?)(?=^## |\Z)", changelog):
        yield f'    <release version="{version}" date="{date}">\n      <description>\n        <ul>'
        for entry in re.findall(r"(?ms)^- (.*?)(?=^- |\Z)", body):
            yield f"          <li>{html.escape(' '.join(entry.replace('`', '').split()), quote=False)}</li>"
        yield "        </ul>\n      </description>\n    </release>"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join([HEAD, *releases(file.read()), "  </releases>\n</component>"]))


if __name__ == "__main__":
    main()
