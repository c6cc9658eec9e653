"""Writes manual pages in man(7), and converts the Markdown of the articles to it: paragraphs, headings, lists, code and
tables."""

import re


def escape(text):
    """Text as it stands, for the middle of a line."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace(
        "^", "\\(ha").replace("~", "\\(ti")


def line(text):
    """A line of roff. One that begins with a dot would be a request."""
    return "\\&" + text if text[:1] in (".", "'") else text


def inline(markdown):
    """A paragraph's Markdown: code is bold, links are their text."""
    markdown = re.sub(r"\[((?:[^\[\]`]|`[^`]*`)*)\]\([^)]*\)", r"\1", markdown)
    pieces = re.split(r"(`` ?.+? ?``|`[^`]+`|\*\*.+?\*\*)", markdown)
    text = ""
    for piece in pieces:
        if len(piece) > 2 and piece.startswith("`"):
            text += "\\fB" + escape(piece.strip("`")) + "\\fP"
        elif piece.startswith("**"):
            text += "\\fB" + escape(piece[2:-2]) + "\\fP"
        else:
            text += escape(piece)
    return text


def heading(text):
    return ".SH " + quoted(text.upper())


def subheading(text):
    return ".SS " + quoted(text)


def quoted(text):
    return '"' + escape(text).replace('"', "\\(dq") + '"'


def paragraph(text):
    return [".PP", line(text)]


def item(tag, text):
    """A tag, and an indented text below it. An item without a text still ends its tag."""
    return [".TP", line(tag)] + ([line(text)] if text else ["\\&"])


def code(lines):
    return [".PP", ".in +4n", ".nf"] + [line(escape(each)) or "\\&" for each in lines] + [".fi", ".in"]


class Article:
    """An article beside the code, as a list of sections: (level, title, blocks)."""

    def __init__(self, path):
        self.sections = []
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        self.title = lines[0][2:]
        blocks = []
        block, is_code = [], False

        def end():
            nonlocal block
            if block:
                blocks.append(("text", block))
            block = []

        for each in lines[1:]:
            if each.startswith("```"):
                if is_code:
                    blocks.append(("code", block))
                    block = []
                else:
                    end()
                is_code = not is_code
            elif is_code:
                block.append(each)
            elif match := re.match(r"(#{2,3}) (.*)", each):
                end()
                blocks = []
                self.sections.append((len(match[1]), match[2], blocks))
            elif not each.strip():
                end()
            else:
                block.append(each)
        end()

    def section(self, title):
        return next(blocks for _, name, blocks in self.sections if name == title)

    def rows(self, blocks=None):
        """The cells of all rows of the tables, without their heads."""
        found = []
        for each in ([blocks] if blocks is not None else [section[2] for section in self.sections]):
            for kind, lines in each:
                if kind == "text" and lines[0].startswith("|"):
                    found += [cells(row) for row in lines[2:]]
        return found


def cells(row):
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def blocks_of(blocks, keeps_row=lambda row: True):
    """The blocks of a section in roff. A table's rows become items, except those that are not kept."""
    output = []
    for kind, lines in blocks:
        if kind == "code":
            output += code(lines)
        elif lines[0].startswith("|"):
            for row in (cells(each) for each in lines[2:]):
                if keeps_row(row):
                    # An empty column says nothing.
                    output += item(inline(row[0]), inline("; ".join(cell for cell in row[1:] if cell)))
        elif re.match(r"(-|\d+\.) ", lines[0]):
            for each in re.split(r"\n(?=(?:-|\d+\.) )", "\n".join(lines)):
                mark, text = each.split(" ", 1)
                output += [f'.IP "{"•" if mark == "-" else mark}" 3', line(inline(" ".join(text.split())))]
        else:
            output += paragraph(inline(" ".join(lines)))
    return output
