#ifndef CHAT_SQLITE_SETTINGS_H
#define CHAT_SQLITE_SETTINGS_H

#include <sqlite3.h>

/* Swift calls no C functions with variable arguments. */

static inline int chat_sqlite_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

#endif
