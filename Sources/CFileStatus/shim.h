#ifndef CHAT_FILE_STATUS_H
#define CHAT_FILE_STATUS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

struct chat_file_status {
    uint64_t device, inode;
    int64_t size;
};

/* 0, or -1 with errno set.
 *
 * On Linux without the file's times. Since Linux 6.13 a file whose times were asked for gets a finer one with the next write
 * (https://docs.kernel.org/filesystems/multigrain-ts.html), and then its inode is written, too: one more wait for the disk with
 * every commit of a database whose log is looked at before each. */
static inline int chat_file_status(const char *path, struct chat_file_status *status);

/* The same of the name itself, where it is a symbolic link. */
static inline int chat_link_status(const char *path, struct chat_file_status *status);

/* The same of an open file. */
static inline int chat_open_file_status(int descriptor, struct chat_file_status *status);

#ifdef __linux__
#include <linux/stat.h>

/* glibc shows it only to those who ask for its extensions, which cannot be done here. */
extern int statx(int folder, const char *path, int flags, unsigned int mask, struct statx *status);

static inline int chat_file_status_at(int folder, const char *path, int flags, struct chat_file_status *status) {
    struct statx found;
    if (statx(folder, path, flags, STATX_INO | STATX_SIZE, &found) != 0) return -1;
    status->device = (uint64_t)found.stx_dev_major << 32 | found.stx_dev_minor;
    status->inode = found.stx_ino;
    status->size = (int64_t)found.stx_size;
    return 0;
}

static inline int chat_file_status(const char *path, struct chat_file_status *status) {
    return chat_file_status_at(AT_FDCWD, path, 0, status);
}

static inline int chat_link_status(const char *path, struct chat_file_status *status) {
    return chat_file_status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, status);
}

static inline int chat_open_file_status(int descriptor, struct chat_file_status *status) {
    return chat_file_status_at(descriptor, "", 0x1000 /* AT_EMPTY_PATH */, status);
}
#else
static inline int chat_file_status_of(const struct stat *found, struct chat_file_status *status) {
    status->device = (uint64_t)found->st_dev;
    status->inode = (uint64_t)found->st_ino;
    status->size = (int64_t)found->st_size;
    return 0;
}

static inline int chat_file_status(const char *path, struct chat_file_status *status) {
    struct stat found;
    return stat(path, &found) == 0 ? chat_file_status_of(&found, status) : -1;
}

static inline int chat_link_status(const char *path, struct chat_file_status *status) {
    struct stat found;
    return lstat(path, &found) == 0 ? chat_file_status_of(&found, status) : -1;
}

static inline int chat_open_file_status(int descriptor, struct chat_file_status *status) {
    struct stat found;
    return fstat(descriptor, &found) == 0 ? chat_file_status_of(&found, status) : -1;
}
#endif

#endif
