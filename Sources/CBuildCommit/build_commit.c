#include "build_commit.h"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

/* Package.swift defines it if the environment names a commit. In C, because only this file is then compiled again. */
const char *chat_build_commit(void) {
#ifdef CHAT_TUI_COMMIT
    return TEXT(CHAT_TUI_COMMIT);
#else
    return "";
#endif
}
