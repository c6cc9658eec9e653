/* Measures the resident memory that a silent, logged-in connection costs the server. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

/* The setup for a server's first connections is not part of their cost. */
enum { WARM_UP = 16, OPENING = 64 };

static struct websocket *sockets;
static long logged_in;

static void opened(struct websocket *socket) {
    char user[24];
    snprintf(user, sizeof user, "idle-%d", (int)(socket - sockets));
    log_in(socket, user, "");
}

static void received(struct websocket *socket, const char *text) {
    (void)socket;
    if (!is_event(text, "auth_success")) fail("an idle connection was told %s", text);
    logged_in++;
}

static void connect_up_to(int count) {
    for (int number = logged_in; number < count; number++) {
        sockets[number] = (struct websocket){.opened = opened, .received = received};
        socket_connect(sockets + number);
        run_until(&logged_in, number - OPENING, "logging in");
    }
    run_until(&logged_in, count, "logging in");
}

static long resident_after(int seconds) {
    uint64_t end = now() + seconds * 1000000000ull;
    while (now() < end) sockets_run(100);
    return resident_kib();
}

void measure_idle(void) {
    if (options.connections <= WARM_UP || !options.process) fail("more than %d connections, and --process", WARM_UP);
    if (!(sockets = calloc(options.connections, sizeof *sockets))) fail("no memory");
    connect_up_to(WARM_UP);
    long before = resident_after(1);
    connect_up_to(options.connections);
    long after = resident_after(options.seconds);
    printf("{\"connections\":%d,\"kibEach\":%.3f}\n", options.connections,
           (double)(after - before) / (options.connections - WARM_UP));
}
