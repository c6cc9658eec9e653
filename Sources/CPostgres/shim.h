#ifndef CHAT_POSTGRES_H
#define CHAT_POSTGRES_H

#include <libpq-fe.h>

#endif
