#include <openssl/rand.h>

#include "internal.h"

int km_random(uint8_t *out, size_t size) {
    if (size == 0) return 1;
    const int done = RAND_priv_bytes_ex(NULL, out, size, 0) == 1;
    if (!done) {
        OPENSSL_cleanse(out, size);
        km_clear();
    }
    return done;
}
