#include <string.h>

#include <openssl/rsa.h>

#include "internal.h"

/* In bytes: OpenSSL supports RSA keys of up to 16384 bits. */
#define MAXIMUM_SIZE 2048
#define MAXIMUM_KEY_SIZE 64

int km_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out) {
    static const uint8_t nothing[1] = {0};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(key->encrypt_sha256);
    size_t out_size = key->size;
    const int done = context != NULL
        && EVP_PKEY_encrypt(context, out, &out_size, size > 0 ? in : nothing, size) == 1 && out_size == key->size;
    EVP_PKEY_CTX_free(context);
    if (!done) OPENSSL_cleanse(out, key->size);
    return done;
}

int km_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size) {
    const EVP_PKEY_CTX *prepared = hash == KM_SHA1 ? pair->decrypt_sha1 : pair->decrypt_sha256;
    *out_size = 0;
    if (prepared == NULL || size != pair->size) return 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(prepared);
    size_t length = pair->size;
    const int done = context != NULL && EVP_PKEY_decrypt(context, out, &length, in, size) == 1;
    EVP_PKEY_CTX_free(context);
    if (!done) {
        OPENSSL_cleanse(out, pair->size);
        return 0;
    }
    *out_size = length;
    return 1;
}

int km_rsa_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out) {
    const int done = km_oaep_encrypt(key, in, size, out);
    if (!done) km_clear();
    return done;
}

int km_rsa_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out,
                        size_t *out_size) {
    const int done = km_oaep_decrypt(pair, hash, in, size, out, out_size);
    km_clear();
    return done;
}

/* Returns all ones when a == b and 0 otherwise, without a branch. */
static size_t mask_equal(size_t a, size_t b) {
    const size_t difference = a ^ b;
    return ((difference | ((size_t)0 - difference)) >> (sizeof(size_t) * 8 - 1)) - 1;
}

int km_rsa_oaep_unwrap(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *key,
                       size_t key_size) {
    const EVP_PKEY_CTX *prepared = hash == KM_SHA1 ? pair->decrypt_sha1 : pair->decrypt_sha256;
    uint8_t decrypted[MAXIMUM_SIZE];
    if (prepared == NULL || key_size > MAXIMUM_KEY_SIZE || pair->size > sizeof decrypted) return 0;
    if (!km_random(key, key_size)) return 0;
    /* The sizes are public, so this branch reveals nothing. The random key is the result. */
    if (size != pair->size) return 1;

    EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(prepared);
    if (context == NULL) {
        OPENSSL_cleanse(key, key_size);
        km_clear();
        return 0;
    }
    size_t length = pair->size;
    memset(decrypted, 0, MAXIMUM_KEY_SIZE);
    const int result = EVP_PKEY_decrypt(context, decrypted, &length, in, size);
    /* EVP_PKEY_decrypt returns 1, 0 or a negative number. The mask combines this result and the length before any step
     * depends on one of them. */
    const uint8_t take = (uint8_t)(mask_equal((size_t)result, 1) & mask_equal(length, key_size));
    for (size_t i = 0; i < key_size; i++) {
        key[i] = (uint8_t)((decrypted[i] & take) | (key[i] & (uint8_t)~take));
    }
    OPENSSL_cleanse(decrypted, pair->size);
    EVP_PKEY_CTX_free(context);
    km_clear();
    return 1;
}
