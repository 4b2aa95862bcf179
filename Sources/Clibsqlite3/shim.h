#include <sqlite3.h>

/// Binds a copy of bytes; without bytes, an empty blob. Swift does not import SQLITE_TRANSIENT, which is a cast.
static inline int kmsqlite_bind_bytes(sqlite3_stmt *statement, int number, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, number, count ? bytes : "", count, SQLITE_TRANSIENT);
}

/// Binds a copy of a text in UTF-8; without bytes, an empty text.
static inline int kmsqlite_bind_text(sqlite3_stmt *statement, int number, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, number, count ? text : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
