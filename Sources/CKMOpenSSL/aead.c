#include <openssl/core_names.h>

#include "internal.h"

/* EVP functions take sizes as int. */
#define CHUNK ((size_t)1 << 30)

typedef int (*update_function)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);

/* Passes `in` to `update` in chunks. `out` is NULL for associated data. */
static bool feed(EVP_CIPHER_CTX *context, update_function update, const uint8_t *in, size_t size, uint8_t *out) {
    for (size_t done = 0; done < size;) {
        const size_t part = size - done < CHUNK ? size - done : CHUNK;
        int written = 0;
        if (update(context, out == NULL ? NULL : out + done, &written, in + done, (int)part) != 1) return false;
        if (written != (int)part) return false;
        done += part;
    }
    return true;
}

struct km_aes_gcm {
    EVP_CIPHER_CTX *context;
    km_direction direction;
};

static km_aes_gcm *create(const EVP_CIPHER *algorithm, const uint8_t *key, km_direction direction) {
    km_aes_gcm *cipher = OPENSSL_zalloc(sizeof *cipher);
    if (cipher == NULL) return NULL;
    cipher->direction = direction;
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context != NULL
        && (direction == KM_SEAL ? EVP_EncryptInit_ex2(cipher->context, algorithm, key, NULL, NULL)
                                 : EVP_DecryptInit_ex2(cipher->context, algorithm, key, NULL, NULL)) == 1) return cipher;
    km_aes_gcm_free(cipher);
    return NULL;
}

km_result km_aes_gcm_create(const uint8_t *key, size_t key_size, km_direction direction, km_aes_gcm **cipher) {
    *cipher = NULL;
    if (key_size != 16 && key_size != 32) return KM_MISUSED;
    const EVP_CIPHER *algorithm = km_cipher(key_size);
    if (algorithm != NULL) *cipher = create(algorithm, key, direction);
    if (*cipher != NULL) return KM_OK;
    km_clear();
    return KM_FAILED;
}

void km_aes_gcm_free(km_aes_gcm *cipher) {
    if (cipher == NULL) return;
    EVP_CIPHER_CTX_free(cipher->context); /* cleanses the expanded key */
    OPENSSL_free(cipher);
}

km_result km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, uint8_t *out, uint8_t *tag) {
    EVP_CIPHER_CTX *context = cipher->context;
    OSSL_PARAM get_tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, KM_GCM_TAG_SIZE), OSSL_PARAM_construct_end()};
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    if (cipher->direction != KM_SEAL) return KM_MISUSED;
    if (EVP_EncryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && feed(context, EVP_EncryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_EncryptUpdate, in, size, out)
        && EVP_EncryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0
        && EVP_CIPHER_CTX_get_params(context, get_tag) == 1) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return KM_FAILED;
}

km_result km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, const uint8_t *tag, uint8_t *out) {
    EVP_CIPHER_CTX *context = cipher->context;
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    if (cipher->direction != KM_OPEN) return KM_MISUSED;
    if (EVP_DecryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, KM_GCM_TAG_SIZE, (void *)tag) == 1
        && feed(context, EVP_DecryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_DecryptUpdate, in, size, out)
        && EVP_DecryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return KM_NOT_AUTHENTIC;
}
