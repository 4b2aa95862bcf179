/* RSAES-OAEP for keys whose private operation is done in an HSM. */
/* RSA_padding_check_PKCS1_OAEP_mgf1 is the only public function that checks the padding alone. OpenSSL 3 marks it as
 * deprecated, and uses the same code for EVP_PKEY_decrypt. */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <string.h>

#include "internal.h"

/* Writes `key_size` bytes of `plaintext` where `take` is all ones, and leaves `key` where it is 0. */
static void select_bytes(const uint8_t *plaintext, uint8_t take, size_t key_size, uint8_t *key) {
    for (size_t i = 0; i < key_size; i++) {
        key[i] = (uint8_t)((plaintext[i] & take) | (key[i] & (uint8_t)~take));
    }
}

km_result km_oaep_unpad(km_hash hash, const uint8_t *block, size_t size, size_t key_size, uint8_t *key) {
    uint8_t decrypted[KM_RSA_MAXIMUM_SIZE];
    if (size > sizeof decrypted || key_size > size) return KM_MISUSED;
    const EVP_MD *md = km_md(hash);
    if (md == NULL || km_random(key_size, key) != KM_OK) {
        km_clear();
        return KM_FAILED;
    }
    memset(decrypted, 0, key_size); /* read below even if the plaintext is shorter */
    /* The function checks in constant time and returns the size of the plaintext, or -1. The comparison with the
     * expected size covers both, before any step depends on it. */
    const int length = RSA_padding_check_PKCS1_OAEP_mgf1(decrypted, (int)size, block, (int)size, (int)size, NULL, 0, md,
                                                         md);
    select_bytes(decrypted, (uint8_t)km_mask_equal((size_t)length, key_size), key_size, key);
    OPENSSL_cleanse(decrypted, size);
    km_clear();
    return KM_OK;
}

km_result km_select_key(const uint8_t *plaintext, size_t size, bool is_decrypted, size_t key_size, uint8_t *key) {
    if (km_random(key_size, key) != KM_OK) return KM_FAILED;
    const size_t take = km_mask_equal((size_t)is_decrypted, 1) & km_mask_equal(size, key_size);
    select_bytes(plaintext, (uint8_t)take, key_size, key);
    return KM_OK;
}

km_result km_rsa_oaep_challenge(const km_rsa *key, km_hash hash, const uint8_t *in, size_t size, uint8_t *out) {
    size_t out_size = key->size;
    EVP_PKEY_CTX *context = km_prepare_oaep(key->pkey, EVP_PKEY_encrypt_init, km_md(hash));
    const bool done = context != NULL && EVP_PKEY_encrypt(context, out, &out_size, in, size) == 1
        && out_size == key->size;
    EVP_PKEY_CTX_free(context);
    km_clear();
    if (done) return KM_OK;
    OPENSSL_cleanse(out, key->size);
    return KM_FAILED;
}
