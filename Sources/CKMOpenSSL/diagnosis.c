/* RSA decryption with paddings, and MACs and digests with hashes, that no server accepts, to explain a developer's
 * mistake. */
#include <openssl/core_names.h>
#include <string.h>

#include "internal.h"

/* Returns the hash of OAEP and sets *mgf1 to that of MGF1; NULL for PKCS #1 v1.5. */
static const char *hash_names(km_padding padding, const char **mgf1) {
    const char *hash = NULL;
    switch (padding) {
    case KM_OAEP_SHA1: hash = "SHA1"; break;
    case KM_OAEP_SHA256_MGF1_SHA1: hash = "SHA256"; break;
    case KM_OAEP_SHA384: hash = "SHA384"; break;
    case KM_OAEP_SHA512: hash = "SHA512"; break;
    case KM_PKCS1_V15: break;
    }
    *mgf1 = padding == KM_OAEP_SHA256_MGF1_SHA1 ? "SHA1" : hash;
    return hash;
}

static bool set_padding(EVP_PKEY_CTX *context, km_padding padding) {
    const char *mgf1 = NULL, *hash = hash_names(padding, &mgf1);
    if (hash == NULL) {
        /* OpenSSL 3.2 and later returns random bytes for a wrong padding unless this is off. Earlier versions do not know
         * the parameter, and report the error. */
        unsigned int off = 0;
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_uint("implicit-rejection", &off),
                                         OSSL_PARAM_construct_end()};
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
            && EVP_PKEY_CTX_set_params(context, parameters) >= 0;
    }
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md_name(context, hash, NULL) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, mgf1, NULL) == 1;
}

km_result km_rsa_diagnose(const km_rsa *pair, km_padding padding, const uint8_t *in, size_t size, uint8_t *out,
                          size_t *out_size) {
    *out_size = 0;
    if (!pair->is_private || size != pair->size) return KM_NOT_AUTHENTIC;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair->pkey, NULL);
    size_t length = pair->size;
    const bool done = context != NULL && EVP_PKEY_decrypt_init(context) == 1 && set_padding(context, padding)
        && EVP_PKEY_decrypt(context, out, &length, in, size) == 1;
    EVP_PKEY_CTX_free(context);
    km_clear();
    if (!done) {
        OPENSSL_cleanse(out, pair->size);
        return KM_NOT_AUTHENTIC;
    }
    *out_size = length;
    return KM_OK;
}

km_result km_hmac_diagnose(km_mac_hash hash, const uint8_t *key, size_t key_size, const uint8_t *message, size_t size,
                           uint8_t *mac, size_t *mac_size) {
    static const uint8_t none[1] = {0};
    const char *name = hash == KM_MAC_SHA1 ? "SHA1" : hash == KM_MAC_SHA384 ? "SHA384" : "SHA512";
    *mac_size = 0;
    memset(mac, 0, KM_MAC_MAXIMUM_SIZE);
    /* OpenSSL does not compute a MAC under a key that is NULL. It can leave errors even if it succeeds. */
    const bool done = EVP_Q_mac(NULL, "HMAC", NULL, name, NULL, key_size > 0 ? key : none, key_size, size > 0 ? message : none,
                                size, mac, KM_MAC_MAXIMUM_SIZE, mac_size)
        != NULL;
    km_clear();
    if (done) return KM_OK;
    *mac_size = 0;
    return KM_FAILED;
}

km_result km_hash_diagnose(km_plain_hash hash, const uint8_t *message, size_t size, uint8_t *digest,
                           size_t *digest_size) {
    static const char *const names[] = {"MD5", "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"};
    static const uint8_t none[1] = {0};
    *digest_size = 0;
    memset(digest, 0, KM_MAC_MAXIMUM_SIZE);
    const bool done = EVP_Q_digest(NULL, names[hash], NULL, size > 0 ? message : none, size, digest, digest_size) == 1;
    km_clear();
    if (done) return KM_OK;
    *digest_size = 0;
    return KM_FAILED;
}
