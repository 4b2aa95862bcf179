/* Secret memory: allocates it, fills it, compares it and cleanses it. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/rand.h>

#include "internal.h"

km_result km_secret_allocate(size_t size, uint8_t **memory) {
    *memory = OPENSSL_zalloc(size > 0 ? size : 1);
    if (*memory != NULL) return KM_OK;
    km_clear();
    return KM_FAILED;
}

void km_secret_free(void *memory, size_t size) { OPENSSL_clear_free(memory, size); }

void km_cleanse(void *memory, size_t size) {
    if (size > 0) OPENSSL_cleanse(memory, size);
}

bool km_equal(const void *left, const void *right, size_t size) {
    return size == 0 || CRYPTO_memcmp(left, right, size) == 0;
}

km_result km_random(size_t size, uint8_t *out) {
    if (size == 0 || RAND_priv_bytes_ex(NULL, out, size, 0) == 1) return KM_OK;
    OPENSSL_cleanse(out, size);
    km_clear();
    return KM_FAILED;
}

static km_result allocate_buffer(size_t size, km_buffer *out) {
    *out = (km_buffer){NULL, 0};
    const km_result result = km_secret_allocate(size, &out->bytes);
    if (result == KM_OK) out->size = size;
    return result;
}

km_result km_copy_bytes(const uint8_t *bytes, size_t size, km_buffer *out) {
    const km_result result = allocate_buffer(size, out);
    if (result == KM_OK && size > 0) memcpy(out->bytes, bytes, size);
    return result;
}

km_result km_copy_bio(BIO *bio, km_buffer *out) {
    char *data = NULL;
    const long length = BIO_get_mem_data(bio, &data);
    *out = (km_buffer){NULL, 0};
    if (length < 0 || (length > 0 && data == NULL)) return KM_FAILED;
    const km_result result = allocate_buffer((size_t)length, out);
    if (result == KM_OK && length > 0) memcpy(out->bytes, data, (size_t)length);
    return result;
}

km_result km_copy_number(const BIGNUM *number, km_buffer *out) {
    const int size = BN_num_bytes(number);
    km_result result = allocate_buffer((size_t)size, out);
    if (result == KM_OK && BN_bn2binpad(number, out->bytes, size) != size) {
        km_secret_free(out->bytes, out->size);
        *out = (km_buffer){NULL, 0};
        result = KM_FAILED;
    }
    return result;
}
