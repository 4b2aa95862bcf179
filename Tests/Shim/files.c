/* Good files of every form, from the shim's own exports and, for what it does not write, from OpenSSL. */
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "CKMOpenSSL.h"
#include "driver.h"

good_file good_files[24];
size_t good_file_count = 0;

static int add(const char *name, const void *bytes, size_t size, int is_private) {
    if (good_file_count == sizeof good_files / sizeof *good_files || bytes == NULL || size == 0) return 0;
    uint8_t *copy = malloc(size);
    if (copy == NULL) return 0;
    memcpy(copy, bytes, size);
    good_files[good_file_count++] = (good_file){name, copy, size, is_private};
    return 1;
}

/* Takes the buffer that a call of the shim has made. */
static int add_buffer(const char *name, km_result result, km_buffer made, int is_private) {
    const int added = result == KM_OK && add(name, made.bytes, made.size, is_private);
    km_secret_free(made.bytes, made.size);
    return added;
}

static int add_bio(const char *name, BIO *bio, int written, int is_private) {
    char *bytes = NULL;
    const long size = written == 1 ? BIO_get_mem_data(bio, &bytes) : 0;
    const int added = size > 0 && add(name, bytes, (size_t)size, is_private);
    BIO_free(bio);
    return added;
}

static int add_pkcs12(const char *name, EVP_PKEY *pkey, X509 *x509, const char *passphrase, int key_pbe, int certificate_pbe,
                      int mac_rounds) {
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS12 *file = PKCS12_create(passphrase, "key", pkey, x509, NULL, key_pbe, certificate_pbe, 2, mac_rounds, 0);
    const int written = bio != NULL && file != NULL ? i2d_PKCS12_bio(bio, file) : 0;
    PKCS12_free(file);
    return add_bio(name, bio, written, 1);
}

static int add_foreign(const uint8_t *pkcs8, size_t size, const uint8_t *der, size_t der_size) {
    const uint8_t *at = pkcs8;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)size);
    X509 *x509 = d2i_X509(NULL, &der, (long)der_size);
    BIO *pem = BIO_new(BIO_s_mem()), *encrypted = BIO_new(BIO_s_mem()), *public_key = BIO_new(BIO_s_mem());
    uint8_t *pkcs1 = NULL;
    const int pkcs1_size = pkey != NULL ? i2d_PrivateKey(pkey, &pkcs1) : 0;
    int done = pkey != NULL && x509 != NULL && pkcs1_size > 0 && pem != NULL && encrypted != NULL && public_key != NULL
        && add("pkcs1.der", pkcs1, (size_t)pkcs1_size, 1);
    OPENSSL_free(pkcs1);
    uint8_t *pkcs1_public = NULL;
    const int public_size = done ? i2d_PublicKey(pkey, &pkcs1_public) : 0;
    done = done && public_size > 0 && add("pkcs1-public.der", pkcs1_public, (size_t)public_size, 0);
    OPENSSL_free(pkcs1_public);
    const int traditional = done && PEM_write_bio_PrivateKey_traditional(pem, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    done = add_bio("pkcs1.pem", pem, traditional, 1) && done;
    const int secret = done
        && PEM_write_bio_PrivateKey_traditional(encrypted, pkey, EVP_aes_256_cbc(), (unsigned char *)PASSPHRASE,
                                                (int)strlen(PASSPHRASE), NULL, NULL) == 1;
    done = add_bio("pkcs1-aes.pem", encrypted, secret, 1) && done;
    const int trusted = done && PEM_write_bio_X509_AUX(public_key, x509) == 1;
    done = add_bio("trusted.pem", public_key, trusted, 0) && done
        && add_pkcs12("aes.p12", pkey, x509, PASSPHRASE, NID_aes_256_cbc, NID_aes_256_cbc, 2)
        && add_pkcs12("3des.p12", pkey, x509, PASSPHRASE, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                      NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 2)
        && add_pkcs12("plain.p12", pkey, x509, NULL, -1, -1, -1)
        && add_pkcs12("plain-mac.p12", pkey, x509, PASSPHRASE, -1, -1, 2);
    X509_free(x509);
    EVP_PKEY_free(pkey);
    return done;
}

static int add_own(const km_rsa *pair, const km_certificate *certificate, km_encoding encoding) {
    const int is_pem = encoding == KM_PEM;
    km_buffer made;
    km_result result = km_rsa_export_encrypted_pkcs8(pair, (const uint8_t *)PASSPHRASE, strlen(PASSPHRASE), 2, encoding, &made);
    int done = add_buffer(is_pem ? "pkcs8-aes.pem" : "pkcs8-aes.der", result, made, 1);
    result = km_rsa_export_spki(pair, encoding, &made);
    done = add_buffer(is_pem ? "spki.pem" : "spki.der", result, made, 0) && done;
    result = km_rsa_export_pkcs8(pair, encoding, &made);
    done = add_buffer(is_pem ? "pkcs8.pem" : "pkcs8.der", result, made, 1) && done;
    result = km_certificate_export(certificate, encoding, &made);
    return add_buffer(is_pem ? "certificate.pem" : "certificate.der", result, made, 0) && done;
}

int make_good_files(void) {
    char reason[KM_REASON_CAPACITY];
    km_rsa *pair = NULL;
    km_certificate *certificate = NULL;
    int done = km_rsa_generate(2048, &pair, reason) == KM_OK
        && km_certificate_self_sign(pair, "key", 1500000000, 2500000000, &certificate, reason) == KM_OK
        && add_own(pair, certificate, KM_DER) && add_own(pair, certificate, KM_PEM);
    if (done) {
        const good_file *pkcs8 = find_good_file("pkcs8.der"), *x509 = find_good_file("certificate.der");
        done = add_foreign(pkcs8->bytes, pkcs8->size, x509->bytes, x509->size);
    }
    km_certificate_free(certificate);
    km_rsa_free(pair);
    return done;
}

void free_good_files(void) {
    while (good_file_count > 0) free(good_files[--good_file_count].bytes);
}

const good_file *find_good_file(const char *name) {
    for (size_t i = 0; i < good_file_count; i++) {
        if (strcmp(good_files[i].name, name) == 0) return &good_files[i];
    }
    abort();
}
