/* Fetches algorithms from OpenSSL's providers once, because each fetch takes a lock and a look-up. A failed fetch, for
 * example because memory ran out, is not remembered: the next call tries again. */
#include <stdatomic.h>

#include "internal.h"

static const EVP_MD *digest(_Atomic(EVP_MD *) *cache, const char *name) {
    EVP_MD *known = atomic_load_explicit(cache, memory_order_acquire);
    if (known != NULL) return known;
    EVP_MD *fetched = EVP_MD_fetch(NULL, name, NULL);
    if (fetched == NULL) return NULL;
    if (atomic_compare_exchange_strong(cache, &known, fetched)) return fetched;
    EVP_MD_free(fetched); /* another thread has already stored its own */
    return known;
}

static const EVP_CIPHER *cipher(_Atomic(EVP_CIPHER *) *cache, const char *name) {
    EVP_CIPHER *known = atomic_load_explicit(cache, memory_order_acquire);
    if (known != NULL) return known;
    EVP_CIPHER *fetched = EVP_CIPHER_fetch(NULL, name, NULL);
    if (fetched == NULL) return NULL;
    if (atomic_compare_exchange_strong(cache, &known, fetched)) return fetched;
    EVP_CIPHER_free(fetched);
    return known;
}

const EVP_MD *km_md(km_hash hash) {
    static _Atomic(EVP_MD *) sha256, sha1;
    return hash == KM_SHA1 ? digest(&sha1, "SHA1") : digest(&sha256, "SHA2-256");
}

const EVP_CIPHER *km_cipher(size_t key_size) {
    static _Atomic(EVP_CIPHER *) aes_128_gcm, aes_256_gcm;
    switch (key_size) {
    case 16: return cipher(&aes_128_gcm, "AES-128-GCM");
    case 32: return cipher(&aes_256_gcm, "AES-256-GCM");
    default: return NULL;
    }
}
