/* Key derivation functions: scrypt (RFC 7914) and HKDF with SHA-256 (RFC 5869). */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "internal.h"

/* Runs a key derivation function. The queue may have entries afterwards. */
static bool derive(const char *name, const OSSL_PARAM *parameters, size_t size, uint8_t *key) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    const bool is_done = context != NULL && EVP_KDF_derive(context, key, size, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return is_done;
}

/* OpenSSL only reads the bytes, although a parameter has no const. */
static OSSL_PARAM octets(const char *name, km_bytes value) {
    return OSSL_PARAM_construct_octet_string(name, (void *)value.bytes, value.size);
}

static km_result finish(bool is_done, size_t size, uint8_t *key) {
    if (is_done) return KM_OK;
    OPENSSL_cleanse(key, size);
    km_clear();
    return KM_FAILED;
}

km_result km_scrypt(km_bytes passphrase, km_bytes salt, uint64_t n, uint32_t r, uint32_t p, uint64_t maximum_memory,
                    size_t size, uint8_t *key) {
    OSSL_PARAM parameters[] = {
        octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
        octets(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &maximum_memory),
        OSSL_PARAM_construct_end(),
    };
    return finish(derive("SCRYPT", parameters, size, key), size, key);
}

km_result km_hkdf_sha256(km_bytes input, km_bytes salt, km_bytes info, size_t size, uint8_t *key) {
    char digest[] = "SHA2-256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, input),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    return finish(derive("HKDF", parameters, size, key), size, key);
}
