/* RSAES-OAEP with the contexts that keys.c has prepared. */
#include <string.h>

#include "internal.h"

/* Takes a context that waits in a slot, or duplicates the prepared one. NULL on failure. */
static EVP_PKEY_CTX *take(km_slot *slots, const EVP_PKEY_CTX *prepared) {
    EVP_PKEY_CTX *context = km_slot_take(slots, km_slot_count());
    return context != NULL ? context : EVP_PKEY_CTX_dup(prepared);
}

static void put_back(km_slot *slots, EVP_PKEY_CTX *context) {
    EVP_PKEY_CTX_free(km_slot_put(slots, km_slot_count(), context));
}

static km_slot *decrypting(const km_rsa *pair) { return pair->slots + km_slot_count(); }

/* The same two for decryption. Contexts for SHA-1, which is rare, do not wait in slots. */
static EVP_PKEY_CTX *take_decrypting(const km_rsa *pair, km_hash hash) {
    return hash == KM_SHA1 ? EVP_PKEY_CTX_dup(pair->decrypt_sha1) : take(decrypting(pair), pair->decrypt_sha256);
}

static void put_back_decrypting(const km_rsa *pair, km_hash hash, EVP_PKEY_CTX *context) {
    if (hash == KM_SHA1) EVP_PKEY_CTX_free(context);
    else put_back(decrypting(pair), context);
}

static bool can_decrypt(const km_rsa *pair, km_hash hash) {
    return (hash == KM_SHA1 ? pair->decrypt_sha1 : pair->decrypt_sha256) != NULL;
}

km_result km_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out) {
    static const uint8_t nothing[1] = {0};
    EVP_PKEY_CTX *context = take(key->slots, key->encrypt_sha256);
    size_t out_size = key->size;
    const bool done = context != NULL
        && EVP_PKEY_encrypt(context, out, &out_size, size > 0 ? in : nothing, size) == 1 && out_size == key->size;
    if (done) {
        put_back(key->slots, context);
        return KM_OK;
    }
    EVP_PKEY_CTX_free(context);
    OPENSSL_cleanse(out, key->size);
    return KM_FAILED;
}

km_result km_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size) {
    *out_size = 0;
    if (!can_decrypt(pair, hash) || size != pair->size) return KM_NOT_AUTHENTIC;
    EVP_PKEY_CTX *context = take_decrypting(pair, hash);
    size_t length = pair->size;
    const bool done = context != NULL && EVP_PKEY_decrypt(context, out, &length, in, size) == 1;
    /* A failed decryption says nothing about the context, and both cases take the same time. */
    if (context != NULL) put_back_decrypting(pair, hash, context);
    if (!done) {
        OPENSSL_cleanse(out, pair->size);
        return KM_NOT_AUTHENTIC;
    }
    *out_size = length;
    return KM_OK;
}

km_result km_rsa_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out) {
    const km_result result = km_oaep_encrypt(key, in, size, out);
    if (result != KM_OK) km_clear();
    return result;
}

km_result km_rsa_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out,
                              size_t *out_size) {
    const km_result result = km_oaep_decrypt(pair, hash, in, size, out, out_size);
    km_clear(); /* also after success: OpenSSL notes a padding error and takes it back, in constant time */
    return result;
}

size_t km_mask_equal(size_t a, size_t b) {
    const size_t difference = a ^ b;
    return ((difference | ((size_t)0 - difference)) >> (sizeof(size_t) * 8 - 1)) - 1;
}

km_result km_rsa_oaep_unwrap(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, size_t key_size,
                             uint8_t *key) {
    uint8_t decrypted[KM_RSA_MAXIMUM_SIZE]; /* km_rsa_adopt makes sure that no key is longer */
    if (key_size > sizeof decrypted) return KM_MISUSED;
    if (!can_decrypt(pair, hash) || km_random(key_size, key) != KM_OK) return KM_FAILED;
    /* The sizes are public, so this branch reveals nothing. The random key is the result. */
    if (size != pair->size) return KM_OK;

    EVP_PKEY_CTX *context = take_decrypting(pair, hash);
    if (context == NULL) {
        OPENSSL_cleanse(key, key_size);
        km_clear();
        return KM_FAILED;
    }
    size_t length = pair->size;
    memset(decrypted, 0, key_size); /* read below even if the plaintext is shorter */
    const int result = EVP_PKEY_decrypt(context, decrypted, &length, in, size);
    /* EVP_PKEY_decrypt returns 1, 0 or a negative number. The mask combines this result and the length before any step
     * depends on one of them. */
    const uint8_t take = (uint8_t)(km_mask_equal((size_t)result, 1) & km_mask_equal(length, key_size));
    for (size_t i = 0; i < key_size; i++) {
        key[i] = (uint8_t)((decrypted[i] & take) | (key[i] & (uint8_t)~take));
    }
    OPENSSL_cleanse(decrypted, key_size > pair->size ? key_size : pair->size);
    put_back_decrypting(pair, hash, context);
    km_clear();
    return KM_OK;
}
