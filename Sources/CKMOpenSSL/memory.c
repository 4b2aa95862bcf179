#include <string.h>

#include <openssl/bio.h>
#include <openssl/rand.h>

#include "internal.h"

void *km_secret_allocate(size_t size) {
    void *memory = OPENSSL_zalloc(size > 0 ? size : 1);
    if (memory == NULL) km_clear();
    return memory;
}

void km_secret_free(void *memory, size_t size) { OPENSSL_clear_free(memory, size); }

void km_cleanse(void *memory, size_t size) {
    if (size > 0) OPENSSL_cleanse(memory, size);
}

int km_equal(const void *left, const void *right, size_t size) {
    return size == 0 || CRYPTO_memcmp(left, right, size) == 0;
}

uint8_t *km_adopt_bio(BIO *bio, size_t *size) {
    char *data = NULL;
    const long length = BIO_get_mem_data(bio, &data);
    if (length < 0 || (length > 0 && data == NULL)) return NULL;
    uint8_t *copy = km_secret_allocate((size_t)length);
    if (copy == NULL) return NULL;
    if (length > 0) memcpy(copy, data, (size_t)length);
    *size = (size_t)length;
    return copy;
}

int km_random(uint8_t *out, size_t size) {
    if (size == 0) return 1;
    const int done = RAND_priv_bytes_ex(NULL, out, size, 0) == 1;
    if (!done) {
        OPENSSL_cleanse(out, size);
        km_clear();
    }
    return done;
}
