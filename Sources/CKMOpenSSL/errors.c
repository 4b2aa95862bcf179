/* Empties OpenSSL's error queue, and finds causes in it. */
#include <string.h>

#include "internal.h"

void km_clear(void) { ERR_clear_error(); }

/* Where memory is short, the queue can have an entry without a code, at which ERR_get_error ends as if the queue were
 * empty. The functions below therefore clear the rest. */

/* The queue holds the root cause first, then the errors that followed from it. Each text is copied only once, and only
 * if it still fits. */
bool km_clear_with_reason(char *reason) {
    size_t used = strlen(reason);
    bool memory_was_short = false;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) memory_was_short = true;
        const char *text = ERR_reason_error_string(code);
        if (text == NULL || strstr(reason, text) != NULL) continue;
        const size_t length = strlen(text), separator = used > 0 ? 2 : 0;
        if (used + separator + length + 1 > KM_REASON_CAPACITY) continue;
        if (separator > 0) memcpy(reason + used, "; ", separator);
        memcpy(reason + used + separator, text, length + 1);
        used += separator + length;
    }
    km_clear();
    return memory_was_short;
}

km_result km_failure(km_result otherwise, char *reason) {
    return km_clear_with_reason(reason) ? KM_FAILED : otherwise;
}

km_result km_decryption_failure(void) {
    km_result result = KM_PASSPHRASE_WRONG;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        const int reason = ERR_GET_REASON(code);
        if (reason == ERR_R_MALLOC_FAILURE) result = KM_FAILED;
        if (result == KM_FAILED) continue;
        if (reason == ERR_R_UNSUPPORTED || (ERR_GET_LIB(code) == ERR_LIB_EVP
            && (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER
                || reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNKNOWN_PBE_ALGORITHM))) {
            result = KM_UNSUPPORTED_ENCRYPTION;
        }
    }
    km_clear();
    return result;
}

size_t km_error_queue_drain(void) {
    size_t count = 0;
    while (ERR_get_error() != 0) count++;
    return count;
}

const char *km_openssl_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
