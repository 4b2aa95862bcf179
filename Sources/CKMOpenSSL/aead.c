#include "internal.h"

/* EVP counts in int. */
#define CHUNK ((size_t)1 << 30)

typedef int (*update_function)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);

/* `out` is NULL for associated data. */
static int feed(EVP_CIPHER_CTX *context, update_function update, const uint8_t *in, size_t size, uint8_t *out) {
    for (size_t done = 0; done < size;) {
        const size_t part = size - done < CHUNK ? size - done : CHUNK;
        int written = 0;
        if (update(context, out == NULL ? NULL : out + done, &written, in + done, (int)part) != 1) return 0;
        if (written != (int)part) return 0;
        done += part;
    }
    return 1;
}

int km_aes_gcm_seal(const uint8_t *key, size_t key_size, const uint8_t *iv, const uint8_t *aad, size_t aad_size,
                    const uint8_t *in, size_t size, uint8_t *out, uint8_t *tag) {
    const EVP_CIPHER *cipher = km_cipher(key_size);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const int done = cipher != NULL && context != NULL
        && EVP_EncryptInit_ex2(context, cipher, key, iv, NULL) == 1
        && feed(context, EVP_EncryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_EncryptUpdate, in, size, out)
        && EVP_EncryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, KM_GCM_TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        km_cleanse(out, size);
        km_clear();
    }
    return done;
}

int km_aes_gcm_open(const uint8_t *key, size_t key_size, const uint8_t *iv, const uint8_t *aad, size_t aad_size,
                    const uint8_t *in, size_t size, const uint8_t *tag, uint8_t *out) {
    const EVP_CIPHER *cipher = km_cipher(key_size);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const int done = cipher != NULL && context != NULL
        && EVP_DecryptInit_ex2(context, cipher, key, iv, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, KM_GCM_TAG_SIZE, (void *)tag) == 1
        && feed(context, EVP_DecryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_DecryptUpdate, in, size, out)
        && EVP_DecryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0;
    EVP_CIPHER_CTX_free(context);
    if (!done) km_cleanse(out, size);
    km_clear();
    return done;
}
