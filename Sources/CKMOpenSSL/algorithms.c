/* Algorithms fetched from OpenSSL's providers, once: a fetch takes a lock and a look-up, which no call should pay. */
#include <pthread.h>

#include "internal.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256, *sha1;
static EVP_CIPHER *aes_128_gcm, *aes_256_gcm;

static void fetch(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    aes_128_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    km_clear();
}

const EVP_MD *km_md(km_hash hash) {
    if (pthread_once(&once, fetch) != 0) return NULL;
    return hash == KM_SHA1 ? sha1 : sha256;
}

const EVP_CIPHER *km_cipher(size_t key_size) {
    if (pthread_once(&once, fetch) != 0) return NULL;
    switch (key_size) {
    case 16: return aes_128_gcm;
    case 32: return aes_256_gcm;
    default: return NULL;
    }
}
