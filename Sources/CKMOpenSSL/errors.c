#include <string.h>

#include "internal.h"

void km_clear(void) { ERR_clear_error(); }

/* The queue holds the root cause first, then the errors that followed from it. Each text is copied only once, and only
 * if it still fits. */
int km_clear_with_reason(char *reason) {
    size_t used = strlen(reason);
    int memory_was_short = 0;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) memory_was_short = 1;
        const char *text = ERR_reason_error_string(code);
        if (text == NULL || strstr(reason, text) != NULL) continue;
        const size_t length = strlen(text), separator = used > 0 ? 2 : 0;
        if (used + separator + length + 1 > KM_REASON_CAPACITY) continue;
        if (separator > 0) memcpy(reason + used, "; ", separator);
        memcpy(reason + used + separator, text, length + 1);
        used += separator + length;
    }
    return memory_was_short;
}

km_status km_failure(km_status otherwise, char *reason) {
    return km_clear_with_reason(reason) ? KM_FAILED : otherwise;
}

size_t km_drain_error_queue(void) {
    size_t depth = 0;
    while (ERR_get_error() != 0) depth++;
    return depth;
}

const char *km_openssl_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
