/* Memory of the shim. */
#ifdef KM_PKCS11
#define _DEFAULT_SOURCE 1 /* for explicit_bzero */
#define __STDC_WANT_LIB_EXT1__ 1 /* for memset_s on macOS */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void km_p11_erase(void *memory, size_t size) {
    if (memory == NULL || size == 0) return;
#if defined(__APPLE__)
    memset_s(memory, size, 0, size);
#else
    explicit_bzero(memory, size);
#endif
}

km_rv km_p11_copy(const void *bytes, size_t size, km_p11_buffer *buffer) {
    *buffer = (km_p11_buffer){NULL, 0};
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) return CKR_HOST_MEMORY;
    if (size > 0) memcpy(copy, bytes, size);
    *buffer = (km_p11_buffer){copy, size};
    return CKR_OK;
}

void km_p11_buffer_free(km_p11_buffer buffer) {
    km_p11_erase(buffer.bytes, buffer.size);
    free(buffer.bytes);
}
#endif
