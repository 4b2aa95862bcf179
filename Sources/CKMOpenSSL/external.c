/* RSAES-OAEP for keys whose private operation is done in an HSM. */
/* RSA_padding_check_PKCS1_OAEP_mgf1 is the only public function that checks the padding alone, and
 * RSA_padding_add_PKCS1_OAEP_mgf1 the only one that makes it. OpenSSL 3 marks them as deprecated, and uses the same code
 * for EVP_PKEY_decrypt and EVP_PKEY_encrypt. */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <string.h>

#include "internal.h"

/* Writes `key_size` bytes of `plaintext` where `take` is all ones, and leaves `key` where it is 0. */
static void select_bytes(const uint8_t *plaintext, uint8_t take, size_t key_size, uint8_t *key) {
    for (size_t i = 0; i < key_size; i++) {
        key[i] = (uint8_t)((plaintext[i] & take) | (key[i] & (uint8_t)~take));
    }
}

void km_align_right(uint8_t *block, size_t size, size_t count) {
    const size_t shift = count < size ? size - count : 0;
    /* Each bit of the distance is one step, which reads and writes the same bytes whether the bit is set or not. */
    for (size_t step = 1; step <= size; step <<= 1) {
        const uint8_t take = (uint8_t)~km_mask_equal(shift & step, 0);
        for (size_t i = size; i-- > 0;) {
            const uint8_t moved = i >= step ? block[i - step] : 0; /* depends on the public size only */
            block[i] = (uint8_t)((moved & take) | (block[i] & (uint8_t)~take));
        }
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
    static const uint8_t nothing[1] = {0};
    size_t out_size = key->size;
    EVP_PKEY_CTX *context = km_prepare_oaep(key->pkey, EVP_PKEY_encrypt_init, km_md(hash));
    const bool done = context != NULL && EVP_PKEY_encrypt(context, out, &out_size, size > 0 ? in : nothing, size) == 1
        && out_size == key->size;
    EVP_PKEY_CTX_free(context);
    km_clear();
    if (done) return KM_OK;
    OPENSSL_cleanse(out, key->size);
    return KM_FAILED;
}

/* Encrypts a block without padding. Leaves errors in the queue. */
static bool encrypt_raw(const km_rsa *key, const uint8_t *block, uint8_t *out) {
    size_t out_size = key->size;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    const bool done = context != NULL && EVP_PKEY_encrypt_init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1
        && EVP_PKEY_encrypt(context, out, &out_size, block, key->size) == 1 && out_size == key->size;
    EVP_PKEY_CTX_free(context);
    return done;
}

/* Replaces the end of the data block, which is the separator and the message, by zeros, or only the separator by 02.
 * Leaves errors in the queue. */
static bool remove_separator(const EVP_MD *md, uint8_t *block, size_t block_size, size_t message_size, bool zeros) {
    uint8_t mask[KM_RSA_MAXIMUM_SIZE];
    const size_t hash_size = (size_t)EVP_MD_get_size(md);
    uint8_t *seed = block + 1, *data = seed + hash_size;
    const size_t data_size = block_size - 1 - hash_size;
    const size_t separator = data_size - message_size - 1;
    bool done = PKCS1_MGF1(mask, (long)hash_size, data, (long)data_size, md) == 0;
    for (size_t i = 0; done && i < hash_size; i++) seed[i] ^= mask[i];
    done = done && PKCS1_MGF1(mask, (long)data_size, seed, (long)hash_size, md) == 0;
    if (done) {
        for (size_t i = separator; zeros && i < data_size; i++) data[i] = mask[i];
        if (!zeros) data[separator] = mask[separator] ^ 2;
    }
    done = done && PKCS1_MGF1(mask, (long)hash_size, data, (long)data_size, md) == 0;
    for (size_t i = 0; done && i < hash_size; i++) seed[i] ^= mask[i];
    return done;
}

km_result km_rsa_oaep_faulty(const km_rsa *key, km_hash hash, km_oaep_fault fault, const uint8_t *in, size_t size,
                             uint8_t *out) {
    static const uint8_t label[1] = {'x'};
    uint8_t block[KM_RSA_MAXIMUM_SIZE];
    const EVP_MD *md = km_md(hash);
    const int label_size = fault == KM_OAEP_WRONG_LABEL ? (int)sizeof label : 0;
    if (key->size > sizeof block || size > key->size) return KM_MISUSED;
    /* The function fails if the message is too long. */
    bool done = md != NULL
        && RSA_padding_add_PKCS1_OAEP_mgf1(block, (int)key->size, size > 0 ? in : label, (int)size, label, label_size, md, md) == 1;
    /* Below the modulus, whose first bit is set. */
    if (done && fault == KM_OAEP_FIRST_BYTE) block[0] = 1;
    if (done && (fault == KM_OAEP_NO_SEPARATOR || fault == KM_OAEP_OTHER_SEPARATOR)) {
        done = remove_separator(md, block, key->size, size, fault == KM_OAEP_NO_SEPARATOR);
    }
    done = done && encrypt_raw(key, block, out);
    OPENSSL_cleanse(block, sizeof block);
    km_clear();
    if (done) return KM_OK;
    OPENSSL_cleanse(out, key->size);
    return KM_FAILED;
}
