/* Handles of RSA keys: creates, generates, copies, compares and frees them. */
#include "internal.h"

EVP_PKEY_CTX *km_prepare_oaep(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const EVP_MD *md) {
    EVP_PKEY_CTX *context = md == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (context == NULL) return NULL;
    if (init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

/* Prepares the contexts. Returns false when the key cannot be used. */
static bool prepare_all(km_rsa *key) {
    const int bits = EVP_PKEY_get_bits(key->pkey), size = EVP_PKEY_get_size(key->pkey);
    if (bits <= 0 || size <= 0 || size > KM_RSA_MAXIMUM_SIZE) return false;
    key->bits = (size_t)bits;
    key->size = (size_t)size;
    key->encrypt_sha256 = km_prepare_oaep(key->pkey, EVP_PKEY_encrypt_init, km_md(KM_SHA256));
    if (key->encrypt_sha256 == NULL || !key->is_private) return key->encrypt_sha256 != NULL;
    key->decrypt_sha256 = km_prepare_oaep(key->pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA256));
    if (key->decrypt_sha256 == NULL) return false;
    km_clear();
    key->decrypt_sha1 = km_prepare_oaep(key->pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA1));
    if (key->decrypt_sha1 != NULL) return true;
    /* The context stays NULL when the provider has no SHA-1, as a FIPS provider may. Only decryption with SHA-1 then
     * fails. */
    char reason[KM_REASON_CAPACITY] = "";
    return !km_clear_with_reason(reason);
}

km_rsa *km_rsa_adopt(EVP_PKEY *pkey, bool is_private) {
    km_rsa *key = OPENSSL_zalloc(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->pkey = pkey;
    key->is_private = is_private;
    key->slots = OPENSSL_zalloc(2 * km_slot_count() * sizeof(km_slot));
    if (key->slots != NULL && prepare_all(key)) return key;
    km_rsa_free(key);
    return NULL;
}

void km_rsa_free(km_rsa *key) {
    if (key == NULL) return;
    for (size_t i = 0; key->slots != NULL && i < 2 * km_slot_count(); i++) {
        EVP_PKEY_CTX_free(atomic_load_explicit(&key->slots[i].idle, memory_order_acquire));
    }
    OPENSSL_free(key->slots);
    EVP_PKEY_CTX_free(key->encrypt_sha256);
    EVP_PKEY_CTX_free(key->decrypt_sha256);
    EVP_PKEY_CTX_free(key->decrypt_sha1);
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}

km_result km_rsa_generate(size_t bits, km_rsa **key, char *reason) {
    *key = NULL;
    reason[0] = '\0';
    if (bits > OPENSSL_RSA_MAX_MODULUS_BITS) return KM_MISUSED;
    km_clear();
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    if (pkey != NULL) *key = km_rsa_adopt(pkey, true);
    (void)km_clear_with_reason(reason); /* no other result depends on whether memory was short */
    return *key != NULL ? KM_OK : KM_FAILED;
}

km_result km_rsa_copy_public(const km_rsa *pair, km_rsa **key) {
    uint8_t *der = NULL;
    *key = NULL;
    const int size = i2d_PUBKEY(pair->pkey, &der);
    if (size > 0) {
        const uint8_t *at = der;
        EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, size);
        if (pkey != NULL) *key = km_rsa_adopt(pkey, false);
    }
    OPENSSL_free(der);
    km_clear();
    return *key != NULL ? KM_OK : KM_FAILED;
}

size_t km_rsa_bits(const km_rsa *key) { return key->bits; }

size_t km_rsa_size(const km_rsa *key) { return key->size; }

bool km_rsa_same_public(const km_rsa *left, const km_rsa *right) {
    const bool is_same = EVP_PKEY_eq(left->pkey, right->pkey) == 1;
    km_clear();
    return is_same;
}
