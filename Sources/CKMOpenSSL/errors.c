#include <stdio.h>
#include <string.h>

#include "internal.h"

void km_clear(void) { ERR_clear_error(); }

/* The queue holds the root cause first and what followed from it after; all of it is told, as far as it fits. */
void km_clear_with_reason(char *reason) {
    size_t used = 0;
    reason[0] = '\0';
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        const char *text = ERR_reason_error_string(code);
        if (text == NULL) continue;
        const size_t length = strlen(text), separator = used > 0 ? 2 : 0;
        if (used + separator + length + 1 > KM_REASON_CAPACITY) continue;
        if (separator > 0) memcpy(reason + used, "; ", separator);
        memcpy(reason + used + separator, text, length + 1);
        used += separator + length;
    }
}

size_t km_error_queue_depth(void) {
    size_t depth = 0;
    while (ERR_get_error() != 0) depth++;
    return depth;
}

const char *km_openssl_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
