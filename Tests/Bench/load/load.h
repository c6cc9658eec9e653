/* Shared by all measurements. */
#ifndef LOAD_H
#define LOAD_H

#include "socket.h"

struct options {
    /* The servers of the pairs: the second one is 0 if there is none. */
    int port, other_port;
    int process, protocol;
    int pairs, window, seconds;
    int connections;
    int messages, times;
    const char *user;
};
extern struct options options;

/* The measurements. Each prints its result as a line of JSON. */
void measure_delivery(void);
void measure_idle(void);
void measure_resume(void);

/* Logs in with the protocol of the options; `resume` is a field to add, or empty. */
void log_in(struct websocket *socket, const char *user, const char *resume);
/* Whether the event is of this type, whatever the order of its fields. */
int is_event(const char *text, const char *type);
/* The text after a field's name, or null. */
const char *field(const char *text, const char *name);
/* Handles events until `*count` is `wanted`. Fails after a minute. */
void run_until(const long *count, long wanted, const char *what);

/* Figures of the server's process from the kernel, or -1 if no process was given. */
double processor_seconds(void);
long resident_kib(void);
/* The share of a processor that this program used since `begin_own_share`. */
void begin_own_share(void);
double own_share(void);

/* Times in nanoseconds, for percentiles. */
struct times {
    uint64_t *values;
    size_t count, capacity;
};
void add_time(struct times *times, uint64_t time);
/* Prints `"p50":…,"p99":…,"max":…` in microseconds. */
void print_times(struct times *times);

#endif
