#include <string.h>

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
    size_t key_size;
    uint8_t key[32];
    /* The contexts that wait for the next message. */
    _Atomic(EVP_CIPHER_CTX *) sealing, opening;
};

km_result km_aes_gcm_create(const uint8_t *key, size_t key_size, km_aes_gcm **cipher) {
    *cipher = NULL;
    if (key_size != 16 && key_size != 32) return KM_MISUSED;
    km_aes_gcm *made = OPENSSL_zalloc(sizeof *made);
    if (made == NULL) {
        km_clear();
        return KM_FAILED;
    }
    memcpy(made->key, key, key_size);
    made->key_size = key_size;
    *cipher = made;
    return KM_OK;
}

km_result km_aes_gcm_copy(const km_aes_gcm *cipher, km_aes_gcm **copy) {
    return km_aes_gcm_create(cipher->key, cipher->key_size, copy);
}

void km_aes_gcm_free(km_aes_gcm *cipher) {
    if (cipher == NULL) return;
    /* To free a context cleanses its expanded key. */
    EVP_CIPHER_CTX_free(atomic_load_explicit(&cipher->sealing, memory_order_acquire));
    EVP_CIPHER_CTX_free(atomic_load_explicit(&cipher->opening, memory_order_acquire));
    OPENSSL_clear_free(cipher, sizeof *cipher);
}

/* Takes the context that waits, or creates one. NULL on failure. May leave entries in the error queue. */
static EVP_CIPHER_CTX *take(km_aes_gcm *cipher, _Atomic(EVP_CIPHER_CTX *) *waiting, int is_sealing) {
    EVP_CIPHER_CTX *context = atomic_exchange_explicit(waiting, NULL, memory_order_acquire);
    if (context != NULL) return context;
    const EVP_CIPHER *algorithm = km_cipher(cipher->key_size);
    context = algorithm == NULL ? NULL : EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_CipherInit_ex2(context, algorithm, cipher->key, NULL, is_sealing, NULL) == 1) return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

/* Keeps a context for the next message, or frees it after a failure, because its state is then unknown. */
static void put_back(_Atomic(EVP_CIPHER_CTX *) *waiting, EVP_CIPHER_CTX *context, bool done) {
    EVP_CIPHER_CTX_free(done ? atomic_exchange_explicit(waiting, context, memory_order_acq_rel) : context);
}

km_result km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, uint8_t *out, uint8_t *tag) {
    EVP_CIPHER_CTX *context = take(cipher, &cipher->sealing, 1);
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const bool done = context != NULL
        && EVP_EncryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && feed(context, EVP_EncryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_EncryptUpdate, in, size, out)
        && EVP_EncryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, KM_GCM_TAG_SIZE, tag) == 1;
    put_back(&cipher->sealing, context, done);
    if (done) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return KM_FAILED;
}

km_result km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, const uint8_t *tag, uint8_t *out) {
    EVP_CIPHER_CTX *context = take(cipher, &cipher->opening, 0);
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const bool done = context != NULL
        && EVP_DecryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, KM_GCM_TAG_SIZE, (void *)tag) == 1
        && feed(context, EVP_DecryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_DecryptUpdate, in, size, out)
        && EVP_DecryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0;
    put_back(&cipher->opening, context, done);
    if (done) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return context == NULL ? KM_FAILED : KM_NOT_AUTHENTIC;
}
