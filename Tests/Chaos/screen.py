"""The content of a terminal. It interprets the sequences that ncurses writes for xterm-256color, and nothing else."""
import codecs
import re
import unicodedata

SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[?>=<]?)(?P<numbers>[0-9;:]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[()*+#%][0-9A-Za-z]"
    r"|\x1b(?P<escape>[0-9A-Za-z=>])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)")


def width(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    def __init__(self, rows, columns):
        self.height, self.columns = rows, columns
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""
        self.reset()

    def reset(self):
        self.cells = [self.blank() for _ in range(self.height)]
        self.row = self.column = 0
        self.top, self.bottom = 0, self.height - 1
        self.saved = (0, 0)
        self.last = " "

    def blank(self):
        return [" "] * self.columns

    def rows(self):
        return ["".join(cells).rstrip() for cells in self.cells]

    def feed(self, data):
        text = self.rest + self.decoder.decode(data)
        position = 0
        while position < len(text):
            match = SEQUENCE.match(text, position)
            if match is None:  # the rest of the sequence is in the next piece
                break
            position = match.end()
            if match["text"]:
                self.write(match["text"])
            elif match["control"]:
                self.control(match["control"])
            elif match["final"]:
                if not match["private"] or match["private"] == "?":
                    self.command(match["private"] + match["final"], match["numbers"])
            elif match["escape"]:
                self.escape(match["escape"])
        self.rest = text[position:]

    # MARK: Text

    def write(self, text):
        for character in text:
            cells = width(character)
            if cells == 0:
                continue
            if self.column + cells > self.columns:
                self.column = 0
                self.line_feed()
            self.cells[self.row][self.column] = character
            if cells == 2:
                self.cells[self.row][self.column + 1] = ""
            self.column += cells
        self.last = text[-1]

    def control(self, character):
        if character == "\r":
            self.column = 0
        elif character in "\n\v\f":
            self.line_feed()
        elif character == "\b":
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)

    def line_feed(self):
        if self.row == self.bottom:
            self.scroll(1, self.top)
        else:
            self.row = min(self.height - 1, self.row + 1)

    def scroll(self, count, top):
        """Moves the lines from `top` to the end of the region up, or down if `count` is negative."""
        size = self.bottom - top + 1
        if size <= 0:
            return
        count = max(-size, min(size, count))
        lines = self.cells[top:self.bottom + 1]
        new = [self.blank() for _ in range(abs(count))]
        self.cells[top:self.bottom + 1] = lines[count:] + new if count > 0 else new + lines[:count]

    # MARK: Sequences

    def escape(self, final):
        if final == "M":
            if self.row == self.top:
                self.scroll(-1, self.top)
            else:
                self.row = max(0, self.row - 1)
        elif final == "7":
            self.saved = (self.row, self.column)
        elif final == "8":
            self.row, self.column = self.saved
        elif final == "c":
            self.reset()

    def command(self, final, numbers):
        values = [int(part) if part.isdigit() else 0 for part in numbers.split(";")] if numbers else []
        first = values[0] if values else 0
        count = max(1, first)
        line = self.cells[self.row]
        column = min(self.column, self.columns - 1)
        if final in ("H", "f"):
            self.go(count - 1, (max(1, values[1]) if len(values) > 1 else 1) - 1)
        elif final == "A":
            self.go(self.row - count, column)
        elif final == "B":
            self.go(self.row + count, column)
        elif final == "C":
            self.go(self.row, column + count)
        elif final == "D":
            self.go(self.row, column - count)
        elif final in ("G", "`"):
            self.go(self.row, count - 1)
        elif final == "d":
            self.go(count - 1, column)
        elif final == "Z":
            self.go(self.row, (column - 1) // 8 * 8)
        elif final == "K":
            start, end = [(column, self.columns), (0, column + 1), (0, self.columns)][min(first, 2)]
            line[start:end] = [" "] * (end - start)
        elif final == "J":
            self.erase(first, column)
        elif final == "X":
            end = min(self.columns, column + count)
            line[column:end] = [" "] * (end - column)
        elif final == "P":
            self.cells[self.row] = (line[:column] + line[column + count:] + self.blank())[:self.columns]
        elif final == "@":
            self.cells[self.row] = (line[:column] + [" "] * count + line[column:])[:self.columns]
        elif final == "L":
            self.scroll(-count, self.row)
        elif final == "M":
            self.scroll(count, self.row)
        elif final == "S":
            self.scroll(count, self.top)
        elif final == "T":
            self.scroll(-count, self.top)
        elif final == "b":
            self.write(self.last * count)
        elif final == "r":
            self.top = count - 1
            self.bottom = (values[1] if len(values) > 1 and values[1] else self.height) - 1
            self.go(0, 0)
        elif final in ("?h", "?l") and 1049 in values:
            self.reset()

    def go(self, row, column):
        self.row = max(0, min(self.height - 1, row))
        self.column = max(0, min(self.columns - 1, column))

    def erase(self, part, column):
        if part in (0, 2):
            start = 0 if part == 2 else self.row + 1
            self.cells[start:] = [self.blank() for _ in range(self.height - start)]
        if part == 0:
            self.cells[self.row][column:] = [" "] * (self.columns - column)
        if part == 1:
            self.cells[:self.row] = [self.blank() for _ in range(self.row)]
            self.cells[self.row][:column + 1] = [" "] * (column + 1)
