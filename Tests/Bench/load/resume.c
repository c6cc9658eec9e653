/* A device that missed everything. Measures several times how long it takes from `auth` to the end of the user's feed. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char epoch[64];
static long cursor, logged_in, completed;
static uint64_t began, ended;

static void opened(struct websocket *socket) {
    char place[128] = "";
    if (*epoch) snprintf(place, sizeof place, ",\"resume\":{\"epoch\":\"%s\",\"cursor\":0}", epoch);
    began = now();
    log_in(socket, options.user, place);
}

static void received(struct websocket *socket, const char *text) {
    (void)socket;
    if (is_event(text, "new_message")) {
        const char *next = field(text, "cursor");
        if (!next || atol(next) != ++cursor) fail("cursor %ld was due: %s", cursor, text);
    } else if (is_event(text, "resume_complete")) {
        ended = now();
        completed++;
    } else if (is_event(text, "auth_success")) {
        const char *told = field(text, "epoch");
        if (!told || sscanf(told, "\"%63[^\"]\"", epoch) != 1) fail("no epoch: %s", text);
        logged_in++;
    } else if (is_event(text, "error") || is_event(text, "resync_required")) {
        fail("refused: %s", text);
    }
}

/* The first connection only learns the epoch. */
static void one_connection(const long *count, long wanted) {
    struct websocket socket = {.opened = opened, .received = received};
    socket_connect(&socket);
    run_until(count, wanted, "resuming");
    socket_end(&socket);
}

void measure_resume(void) {
    struct times times = {0};
    options.protocol = 2;
    one_connection(&logged_in, 1);
    for (int time = 1; time <= options.times; time++) {
        cursor = 0;
        one_connection(&completed, time);
        if (cursor != options.messages) fail("%ld messages came instead of %d", cursor, options.messages);
        add_time(&times, ended - began);
    }
    printf("{\"times\":%d,", options.times);
    print_times(&times);
    printf("}\n");
}
