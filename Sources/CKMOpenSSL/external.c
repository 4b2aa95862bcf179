/* RSAES-OAEP for keys whose private operation is done in an HSM. OpenSSL checks and makes the padding without the RSA
 * operation only in functions that it deprecates, and the size of the key that must come out is known here. The padding
 * is therefore made and checked in this file. */
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

/* XORs `target` with MGF1 of `seed` (RFC 8017 appendix B.2.1). Leaves errors in the queue. */
static bool mask(const EVP_MD *md, const uint8_t *seed, size_t seed_size, uint8_t *target, size_t size) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    const size_t hash_size = (size_t)EVP_MD_get_size(md);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL;
    for (size_t counter = 0, start = 0; done && start < size; counter++, start += hash_size) {
        const uint8_t octets[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
                                   (uint8_t)counter};
        done = EVP_DigestInit_ex2(context, md, NULL) == 1 && EVP_DigestUpdate(context, seed, seed_size) == 1
            && EVP_DigestUpdate(context, octets, sizeof octets) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1;
        for (size_t i = 0; done && i < hash_size && start + i < size; i++) target[start + i] ^= digest[i];
    }
    EVP_MD_CTX_free(context);
    OPENSSL_cleanse(digest, sizeof digest);
    return done;
}

/* The places of the parts in a block: 00, the seed, and the data, which consist of the label's hash, zeros, the separator
 * 01 and the message. */
typedef struct oaep_layout {
    size_t hash_size, data_size;
    size_t separator; /* its place in the data */
} oaep_layout;

/* False if the block is too small for a message of this size. */
static bool find_layout(const EVP_MD *md, size_t block_size, size_t message_size, oaep_layout *layout) {
    layout->hash_size = (size_t)EVP_MD_get_size(md);
    if (block_size < 2 * layout->hash_size + 2 || message_size > block_size - 2 * layout->hash_size - 2) return false;
    layout->data_size = block_size - 1 - layout->hash_size;
    layout->separator = layout->data_size - message_size - 1;
    return true;
}

km_result km_oaep_unpad(km_hash hash, const uint8_t *block, size_t size, size_t key_size, uint8_t *key) {
    uint8_t decrypted[KM_RSA_MAXIMUM_SIZE], label_hash[EVP_MAX_MD_SIZE];
    oaep_layout layout;
    const EVP_MD *md = km_md(hash);
    if (size > sizeof decrypted || (md != NULL && !find_layout(md, size, key_size, &layout))) return KM_MISUSED;
    if (md == NULL || km_random(key_size, key) != KM_OK) {
        km_clear();
        return KM_FAILED;
    }
    memcpy(decrypted, block, size);
    uint8_t *seed = decrypted + 1, *data = seed + layout.hash_size;
    const bool done = EVP_Digest("", 0, label_hash, NULL, md, NULL) == 1
        && mask(md, data, layout.data_size, seed, layout.hash_size)
        && mask(md, seed, layout.hash_size, data, layout.data_size);
    /* The size of the key is known, and with it the place of the separator. Each byte is compared, whatever the others
     * are. */
    size_t wrong = decrypted[0];
    for (size_t i = 0; i < layout.hash_size; i++) wrong |= (size_t)(data[i] ^ label_hash[i]);
    for (size_t i = layout.hash_size; i < layout.separator; i++) wrong |= data[i];
    wrong |= (size_t)(data[layout.separator] ^ 1);
    if (done) select_bytes(data + layout.separator + 1, (uint8_t)km_mask_equal(wrong, 0), key_size, key);
    OPENSSL_cleanse(decrypted, size);
    km_clear();
    return done ? KM_OK : KM_FAILED;
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

/* Makes the block of a message, with a fault. Leaves errors in the queue. */
static bool make_faulty(const EVP_MD *md, km_oaep_fault fault, const uint8_t *in, size_t size, uint8_t *block,
                        size_t block_size) {
    oaep_layout layout;
    if (!find_layout(md, block_size, size, &layout)) return false;
    uint8_t *seed = block + 1, *data = seed + layout.hash_size;
    memset(block, 0, block_size);
    if (size > 0) memcpy(data + layout.separator + 1, in, size);
    data[layout.separator] = fault == KM_OAEP_OTHER_SEPARATOR ? 2 : 1;
    if (fault == KM_OAEP_NO_SEPARATOR) memset(data + layout.separator, 0, size + 1);
    /* Below the modulus, whose first bit is set. */
    if (fault == KM_OAEP_FIRST_BYTE) block[0] = 1;
    return EVP_Digest("x", fault == KM_OAEP_WRONG_LABEL ? 1 : 0, data, NULL, md, NULL) == 1
        && km_random(layout.hash_size, seed) == KM_OK && mask(md, seed, layout.hash_size, data, layout.data_size)
        && mask(md, data, layout.data_size, seed, layout.hash_size);
}

km_result km_rsa_oaep_faulty(const km_rsa *key, km_hash hash, km_oaep_fault fault, const uint8_t *in, size_t size,
                             uint8_t *out) {
    uint8_t block[KM_RSA_MAXIMUM_SIZE];
    const EVP_MD *md = km_md(hash);
    if (key->size > sizeof block || size > key->size) return KM_MISUSED;
    const bool done = md != NULL && make_faulty(md, fault, in, size, block, key->size) && encrypt_raw(key, block, out);
    OPENSSL_cleanse(block, sizeof block);
    km_clear();
    if (done) return KM_OK;
    OPENSSL_cleanse(out, key->size);
    return KM_FAILED;
}
