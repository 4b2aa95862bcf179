#include "internal.h"

int km_sha256(const uint8_t *message, size_t size, uint8_t *digest) {
    const EVP_MD *md = km_md(KM_SHA256);
    const int done = md != NULL && EVP_Digest(message, size, digest, NULL, md, NULL) == 1;
    if (!done) km_clear();
    return done;
}
