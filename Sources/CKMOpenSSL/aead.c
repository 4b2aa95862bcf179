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
    size_t slot_count;
    /* The contexts that are not in use: for encryption in the first half, and for decryption in the second. */
    km_slot slots[];
};

static size_t memory_size(size_t slot_count) { return sizeof(km_aes_gcm) + 2 * slot_count * sizeof(km_slot); }

km_result km_aes_gcm_create(const uint8_t *key, size_t key_size, bool is_shared, km_aes_gcm **cipher) {
    *cipher = NULL;
    if (key_size != 16 && key_size != 32) return KM_MISUSED;
    const size_t slot_count = is_shared ? km_slot_count() : 1;
    km_aes_gcm *made = OPENSSL_zalloc(memory_size(slot_count));
    if (made == NULL) {
        km_clear();
        return KM_FAILED;
    }
    memcpy(made->key, key, key_size);
    made->key_size = key_size;
    made->slot_count = slot_count;
    *cipher = made;
    return KM_OK;
}

void km_aes_gcm_free(km_aes_gcm *cipher) {
    if (cipher == NULL) return;
    for (size_t i = 0; i < 2 * cipher->slot_count; i++) {
        EVP_CIPHER_CTX_free(atomic_load_explicit(&cipher->slots[i].idle, memory_order_acquire)); /* cleanses its key */
    }
    OPENSSL_clear_free(cipher, memory_size(cipher->slot_count));
}

static km_slot *sealing(km_aes_gcm *cipher) { return cipher->slots; }
static km_slot *opening(km_aes_gcm *cipher) { return cipher->slots + cipher->slot_count; }

/* Takes or creates a context with the key. NULL on failure. May leave entries in the error queue. */
static EVP_CIPHER_CTX *take(km_aes_gcm *cipher, km_slot *slots, int is_sealing) {
    EVP_CIPHER_CTX *context = km_slot_take(slots, cipher->slot_count);
    if (context != NULL) return context;
    const EVP_CIPHER *algorithm = km_cipher(cipher->key_size);
    context = algorithm == NULL ? NULL : EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_CipherInit_ex2(context, algorithm, cipher->key, NULL, is_sealing, NULL) == 1) return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

/* Keeps a context for the next message, or frees it after a failure, because its state is then unknown. */
static void put_back(km_aes_gcm *cipher, km_slot *slots, EVP_CIPHER_CTX *context, bool done) {
    EVP_CIPHER_CTX_free(done ? km_slot_put(slots, cipher->slot_count, context) : context);
}

km_result km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, uint8_t *out, uint8_t *tag) {
    EVP_CIPHER_CTX *context = take(cipher, sealing(cipher), 1);
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const bool done = context != NULL
        && EVP_EncryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && feed(context, EVP_EncryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_EncryptUpdate, in, size, out)
        && EVP_EncryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, KM_GCM_TAG_SIZE, tag) == 1;
    put_back(cipher, sealing(cipher), context, done);
    if (done) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return KM_FAILED;
}

km_result km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                          size_t size, const uint8_t *tag, uint8_t *out) {
    EVP_CIPHER_CTX *context = take(cipher, opening(cipher), 0);
    uint8_t rest[KM_GCM_TAG_SIZE];
    int rest_size = 0;
    const bool done = context != NULL
        && EVP_DecryptInit_ex2(context, NULL, NULL, iv, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, KM_GCM_TAG_SIZE, (void *)tag) == 1
        && feed(context, EVP_DecryptUpdate, aad, aad_size, NULL)
        && feed(context, EVP_DecryptUpdate, in, size, out)
        && EVP_DecryptFinal_ex(context, rest, &rest_size) == 1 && rest_size == 0;
    put_back(cipher, opening(cipher), context, done);
    if (done) return KM_OK;
    km_cleanse(out, size);
    km_clear();
    return context == NULL ? KM_FAILED : KM_NOT_AUTHENTIC;
}
