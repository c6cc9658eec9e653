#ifndef CHAT_BUILD_COMMIT_H
#define CHAT_BUILD_COMMIT_H

/* The commit that the program was built from, or an empty string. */
const char *chat_build_commit(void);

#endif
