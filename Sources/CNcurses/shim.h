// ncurses for Swift: the wide-character API, and as functions what Swift cannot import: macros, variadic functions, and
// the library's global variables, which strict concurrency would refuse.

#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H

#define NCURSES_WIDECHAR 1
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

// <sys/mman.h> declares it for _GNU_SOURCE only.
int memfd_create(const char *name, unsigned int flags);

static inline WINDOW *cn_standard_screen(void) { return stdscr; }
static inline WINDOW *cn_physical_screen(void) { return curscr; }
static inline int cn_rows(void) { return LINES; }
static inline int cn_columns(void) { return COLS; }
static inline int cn_color_count(void) { return COLORS; }
// Colours of terminals with direct colour do not fit into init_pair's short.
static inline int cn_init_pair(int pair, int foreground, int background) {
  return init_extended_pair(pair, foreground, background);
}

static inline attr_t cn_attribute_bold(void) { return A_BOLD; }
static inline attr_t cn_attribute_dim(void) { return A_DIM; }
static inline attr_t cn_attribute_underline(void) { return A_UNDERLINE; }
static inline attr_t cn_attribute_reverse(void) { return A_REVERSE; }

// A file in memory, which no other program inherits; -1 if there is none.
static inline int cn_memory_file(void) { return memfd_create("screen", 1); }

// The columns that the C library, and so ncurses, gives to a character; -1 if it cannot be printed.
static inline int cn_character_width(unsigned int character) { return wcwidth((wchar_t)character); }

static inline int cn_codeset_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

// A string capability of the current terminal, or NULL if it has none of that name.
static inline const char *cn_string_capability(const char *name) {
    const char *value = tigetstr(name);
    return value == (const char *)-1 ? NULL : value;
}

static inline int cn_has_flag(const char *name) { return tigetflag(name) == 1; }

// The size of the window that `descriptor` belongs to; 0 if it is known, otherwise -1.
static inline int cn_window_size(int descriptor, int *rows, int *columns) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return -1;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

#endif
