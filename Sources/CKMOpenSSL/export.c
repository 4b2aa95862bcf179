/* Encodes RSA keys. */
#include <limits.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "internal.h"

#define SALT_SIZE 16

km_result km_rsa_export_spki(const km_rsa *key, km_encoding encoding, km_buffer *out) {
    BIO *bio = BIO_new(BIO_s_mem());
    km_result result = KM_FAILED;
    *out = (km_buffer){NULL, 0};
    if (bio != NULL
        && (encoding == KM_PEM ? PEM_write_bio_PUBKEY(bio, key->pkey) : i2d_PUBKEY_bio(bio, key->pkey)) == 1) {
        result = km_copy_bio(bio, out);
    }
    BIO_vfree(bio);
    km_clear();
    return result;
}

static km_result write_pkcs8_pem(const PKCS8_PRIV_KEY_INFO *info, km_buffer *out) {
    BIO *bio = BIO_new(BIO_s_secmem()); /* cleansed when it is freed */
    km_result result = KM_FAILED;
    if (bio != NULL && PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1) result = km_copy_bio(bio, out);
    BIO_vfree(bio);
    return result;
}

/* i2d allocates the result directly. A BIO would leave a copy behind that nobody cleanses. */
static km_result write_pkcs8_der(const PKCS8_PRIV_KEY_INFO *info, km_buffer *out) {
    uint8_t *bytes = NULL;
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
    if (size <= 0) return KM_FAILED;
    *out = (km_buffer){bytes, (size_t)size};
    return KM_OK;
}

km_result km_rsa_export_pkcs8(const km_rsa *pair, km_encoding encoding, km_buffer *out) {
    *out = (km_buffer){NULL, 0};
    if (!pair->is_private) return KM_MISUSED;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair->pkey);
    km_result result = KM_FAILED;
    if (info != NULL) result = encoding == KM_PEM ? write_pkcs8_pem(info, out) : write_pkcs8_der(info, out);
    PKCS8_PRIV_KEY_INFO_free(info);
    km_clear();
    return result;
}

/* Encrypts `info`. Returns NULL when OpenSSL fails. */
static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *info, const uint8_t *passphrase, size_t passphrase_size, int iterations) {
    uint8_t salt[SALT_SIZE];
    if (RAND_bytes(salt, SALT_SIZE) != 1) return NULL;
    X509_ALGOR *algorithm = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), iterations, salt, SALT_SIZE, NULL, NID_hmacWithSHA256);
    if (algorithm == NULL) return NULL;
    X509_SIG *encrypted = PKCS8_set0_pbe((const char *)passphrase, (int)passphrase_size, info, algorithm);
    if (encrypted == NULL) X509_ALGOR_free(algorithm); /* otherwise `encrypted` owns it */
    return encrypted;
}

km_result km_rsa_export_encrypted_pkcs8(const km_rsa *pair, const uint8_t *passphrase, size_t passphrase_size,
                                        int iterations, km_encoding encoding, km_buffer *out) {
    *out = (km_buffer){NULL, 0};
    if (!pair->is_private || passphrase_size > INT_MAX || iterations < 1) return KM_MISUSED;
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS8_PRIV_KEY_INFO *info = bio == NULL ? NULL : EVP_PKEY2PKCS8(pair->pkey);
    X509_SIG *encrypted = info == NULL ? NULL : encrypt(info, passphrase, passphrase_size, iterations);
    km_result result = KM_FAILED;
    if (encrypted != NULL
        && (encoding == KM_PEM ? PEM_write_bio_PKCS8(bio, encrypted) : i2d_PKCS8_bio(bio, encrypted)) == 1) {
        result = km_copy_bio(bio, out);
    }
    X509_SIG_free(encrypted);
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_vfree(bio);
    km_clear();
    return result;
}
