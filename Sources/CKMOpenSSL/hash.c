/* SHA-256 and HMAC-SHA-256. */
#include <string.h>

#include "internal.h"

#define BLOCK_SIZE 64

km_result km_sha256(const uint8_t *message, size_t size, uint8_t *digest) {
    const EVP_MD *md = km_md(KM_SHA256);
    if (md != NULL && EVP_Digest(message, size, digest, NULL, md, NULL) == 1) return KM_OK;
    km_clear();
    return KM_FAILED;
}

/* HMAC with the provider's SHA-256. For both passes, the digest state after the padded key is prepared once, as RFC
 * 2104 section 4 suggests. OpenSSL's EVP_MAC context does the same, but only one thread can use it at a time, and
 * duplicating it costs half as much again. The two prepared states are only read, so that any number of threads can
 * start from them. */
struct km_hmac {
    EVP_MD_CTX *inner, *outer;
};

static EVP_MD_CTX *padded_state(const EVP_MD *md, const uint8_t *key, uint8_t pad) {
    uint8_t block[BLOCK_SIZE];
    for (size_t i = 0; i < BLOCK_SIZE; i++) block[i] = key[i] ^ pad;
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    if (state != NULL && (EVP_DigestInit_ex2(state, md, NULL) != 1 || EVP_DigestUpdate(state, block, BLOCK_SIZE) != 1)) {
        EVP_MD_CTX_free(state);
        state = NULL;
    }
    OPENSSL_cleanse(block, BLOCK_SIZE);
    return state;
}

static km_hmac *create(const EVP_MD *md, const uint8_t *block) {
    km_hmac *hmac = OPENSSL_zalloc(sizeof *hmac);
    if (hmac == NULL) return NULL;
    hmac->inner = padded_state(md, block, 0x36);
    hmac->outer = padded_state(md, block, 0x5c);
    if (hmac->inner != NULL && hmac->outer != NULL) return hmac;
    km_hmac_free(hmac);
    return NULL;
}

km_result km_hmac_create(const uint8_t *key, size_t key_size, km_hmac **hmac) {
    const EVP_MD *md = km_md(KM_SHA256);
    uint8_t block[BLOCK_SIZE] = {0};
    *hmac = NULL;
    if (md != NULL && key_size > BLOCK_SIZE) {
        if (EVP_Digest(key, key_size, block, NULL, md, NULL) == 1) *hmac = create(md, block);
    } else if (md != NULL) {
        if (key_size > 0) memcpy(block, key, key_size);
        *hmac = create(md, block);
    }
    OPENSSL_cleanse(block, BLOCK_SIZE);
    if (*hmac != NULL) return KM_OK;
    km_clear();
    return KM_FAILED;
}

void km_hmac_free(km_hmac *hmac) {
    if (hmac == NULL) return;
    EVP_MD_CTX_free(hmac->inner);
    EVP_MD_CTX_free(hmac->outer);
    OPENSSL_free(hmac);
}

km_result km_hmac_compute(const km_hmac *hmac, const uint8_t *message, size_t size, uint8_t *mac) {
    /* The thread's own state, because an allocation for each call would cost a sixth of the time of a short message's
     * MAC. Between calls, it holds the last MAC but no key data. */
    EVP_MD_CTX *state = km_thread_digest();
    const bool done = state != NULL
        && EVP_MD_CTX_copy_ex(state, hmac->inner) == 1
        && (size == 0 || EVP_DigestUpdate(state, message, size) == 1)
        && EVP_DigestFinal_ex(state, mac, NULL) == 1
        && EVP_MD_CTX_copy_ex(state, hmac->outer) == 1
        && EVP_DigestUpdate(state, mac, KM_SHA256_SIZE) == 1
        && EVP_DigestFinal_ex(state, mac, NULL) == 1;
    if (done) return KM_OK;
    /* After a failed copy, OpenSSL 4.0 would copy the next state into memory that it could not allocate. */
    if (state != NULL) EVP_MD_CTX_reset(state);
    OPENSSL_cleanse(mac, KM_SHA256_SIZE);
    km_clear();
    return KM_FAILED;
}
