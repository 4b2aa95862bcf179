#include <limits.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "internal.h"

#define SALT_SIZE 16

uint8_t *km_rsa_export_spki(const km_rsa *key, int pem, size_t *size) {
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t *bytes = NULL;
    if (bio != NULL && (pem ? PEM_write_bio_PUBKEY(bio, key->pkey) : i2d_PUBKEY_bio(bio, key->pkey)) == 1) {
        bytes = km_adopt_bio(bio, size);
    }
    BIO_free(bio);
    km_clear();
    return bytes;
}

uint8_t *km_rsa_export_pkcs8(const km_rsa *pair, int pem, size_t *size) {
    if (!pair->is_private) return NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair->pkey);
    uint8_t *bytes = NULL;
    if (info != NULL && pem) {
        /* A secure memory BIO is cleansed when it is freed. */
        BIO *bio = BIO_new(BIO_s_secmem());
        if (bio != NULL && PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1) bytes = km_adopt_bio(bio, size);
        BIO_free(bio);
    } else if (info != NULL) {
        /* i2d allocates the result directly. A BIO would leave a copy behind that nobody cleanses. */
        const int length = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
        if (length > 0) *size = (size_t)length;
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    km_clear();
    return bytes;
}

uint8_t *km_rsa_export_encrypted_pkcs8(const km_rsa *pair, const uint8_t *passphrase, size_t passphrase_size,
                                       int iterations, int pem, size_t *size) {
    if (!pair->is_private || passphrase_size > INT_MAX) return NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair->pkey);
    uint8_t salt[SALT_SIZE];
    X509_ALGOR *algorithm = NULL;
    X509_SIG *encrypted = NULL;
    uint8_t *bytes = NULL;
    if (bio == NULL || info == NULL || RAND_bytes(salt, SALT_SIZE) != 1) goto end;
    algorithm = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), iterations, salt, SALT_SIZE, NULL, NID_hmacWithSHA256);
    if (algorithm == NULL) goto end;
    encrypted = PKCS8_set0_pbe((const char *)passphrase, (int)passphrase_size, info, algorithm);
    if (encrypted == NULL) goto end;
    algorithm = NULL; /* encrypted owns it now */
    if ((pem ? PEM_write_bio_PKCS8(bio, encrypted) : i2d_PKCS8_bio(bio, encrypted)) == 1) {
        bytes = km_adopt_bio(bio, size);
    }
end:
    X509_SIG_free(encrypted);
    X509_ALGOR_free(algorithm);
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    km_clear();
    return bytes;
}
