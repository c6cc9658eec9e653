#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void log_in(struct websocket *socket, const char *user, const char *resume) {
    char text[512];
    int length = snprintf(
        text, sizeof text, "{\"type\":\"auth\",\"userId\":\"%s\"%s%s}", user,
        options.protocol == 2 ? ",\"protocol\":2" : "", resume);
    socket_send(socket, text, length);
    socket_flush(socket);
}

const char *field(const char *text, const char *name) {
    char quoted[40];
    int length = snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *found = strstr(text, quoted);
    return found ? found + length : NULL;
}

int is_event(const char *text, const char *type) {
    const char *found = field(text, "type");
    size_t length = strlen(type);
    return found && *found == '"' && !strncmp(found + 1, type, length) && found[1 + length] == '"';
}

void run_until(const long *count, long wanted, const char *what) {
    uint64_t limit = now() + 60 * 1000000000ull;
    while (*count < wanted) {
        sockets_run(100);
        if (now() > limit) fail("%s: %ld of %ld within a minute", what, *count, wanted);
    }
}

double processor_seconds(void) {
    char path[64], line[1024];
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", options.process);
    FILE *file = options.process ? fopen(path, "r") : NULL;
    if (!file) return -1;
    char *read = fgets(line, sizeof line, file), *end = read ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!end || sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) return -1;
    return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

long resident_kib(void) {
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", options.process);
    FILE *file = options.process ? fopen(path, "r") : NULL;
    if (!file) return -1;
    while (fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %ld", &kib) != 1) {}
    fclose(file);
    return kib;
}

static double own_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double share_began;
static uint64_t share_began_at;

void begin_own_share(void) {
    share_began = own_seconds();
    share_began_at = now();
}

double own_share(void) { return (own_seconds() - share_began) / ((now() - share_began_at) / 1e9); }

void add_time(struct times *times, uint64_t time) {
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 65536;
        if (!(times->values = realloc(times->values, times->capacity * sizeof time))) fail("no memory");
    }
    times->values[times->count++] = time;
}

static int compare(const void *one, const void *other) {
    uint64_t first = *(const uint64_t *)one, second = *(const uint64_t *)other;
    return (first > second) - (first < second);
}

/* The smallest value that at least this share of the values does not exceed. */
static double percentile(const struct times *times, double share) {
    size_t rank = share * times->count;
    return times->values[rank < times->count ? rank : times->count - 1] / 1e3;
}

void print_times(struct times *times) {
    if (!times->count) fail("nothing was measured");
    qsort(times->values, times->count, sizeof *times->values, compare);
    double median = percentile(times, 0.5), high = percentile(times, 0.99), highest = percentile(times, 1);
    printf("\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f", median, high, highest);
}
