#ifndef CHAT_POSTGRES_H
#define CHAT_POSTGRES_H

// Debian keeps the header in a folder that compilers do not search. A `pkgConfig` in Package.swift would find it, but it
// would warn whoever builds without PostgreSQL.
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif

#endif
