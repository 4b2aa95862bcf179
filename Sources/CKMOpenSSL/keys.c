/* Creates handles of RSA keys, parses public keys, generates and compares keys. private.c parses private keys. */
#include <string.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "internal.h"

static EVP_PKEY_CTX *prepare(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const EVP_MD *md) {
    EVP_PKEY_CTX *context = md == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (context == NULL) return NULL;
    if (init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

km_rsa *km_rsa_adopt(EVP_PKEY *pkey, int is_private) {
    km_rsa *key = OPENSSL_zalloc(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    ERR_clear_error();
    key->pkey = pkey;
    key->is_private = is_private;
    key->bits = EVP_PKEY_get_bits(pkey);
    const int size = EVP_PKEY_get_size(pkey);
    key->size = size > 0 ? (size_t)size : 0;
    key->encrypt_sha256 = prepare(pkey, EVP_PKEY_encrypt_init, km_md(KM_SHA256));
    if (is_private) {
        key->decrypt_sha256 = prepare(pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA256));
        key->decrypt_sha1 = prepare(pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA1));
    }
    int is_usable = key->bits > 0 && key->size > 0 && key->encrypt_sha256 != NULL
        && (!is_private || key->decrypt_sha256 != NULL);
    if (is_usable && is_private && key->decrypt_sha1 == NULL) {
        /* The context stays NULL when the provider has no SHA-1, as a FIPS provider may. Only decryption with SHA-1
         * then fails. */
        char reason[KM_REASON_CAPACITY] = "";
        is_usable = !km_clear_with_reason(reason);
    }
    if (!is_usable) {
        km_rsa_free(key);
        return NULL;
    }
    km_clear();
    return key;
}

void km_rsa_free(km_rsa *key) {
    if (key == NULL) return;
    EVP_PKEY_CTX_free(key->encrypt_sha256);
    EVP_PKEY_CTX_free(key->decrypt_sha256);
    EVP_PKEY_CTX_free(key->decrypt_sha1);
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}

static km_status from_spki(const uint8_t *der, size_t size, km_rsa **key, char *reason) {
    km_integer integers[KM_RSA_PUBLIC_COMPONENTS];
    const km_status status = km_read_spki(der, size, integers, reason);
    return status == KM_DONE ? km_rsa_from_components(integers, KM_RSA_PUBLIC_COMPONENTS, key, reason) : status;
}

static km_status from_pkcs1(const uint8_t *der, size_t size, km_rsa **key, char *reason) {
    km_integer integers[KM_RSA_PUBLIC_COMPONENTS];
    const km_status status = km_read_pkcs1_public(der, size, integers, reason);
    return status == KM_DONE ? km_rsa_from_components(integers, KM_RSA_PUBLIC_COMPONENTS, key, reason) : status;
}

static km_status from_certificate(const uint8_t *der, size_t size, int trailing, km_rsa **key, char *reason) {
    X509 *x509 = NULL;
    const km_status status = km_x509_parse(der, size, trailing, &x509, key, reason);
    X509_free(x509);
    return status;
}

int km_is_der(const uint8_t *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || size == (size_t)bytes[1] + 2);
}

/* Returns 1 when the PEM block `name` is of a known type, and sets *status. */
static int from_block(const char *name, const uint8_t *der, size_t size, km_rsa **key, km_status *status, char *reason) {
    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        *status = from_spki(der, size, key, reason);
    } else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0) {
        *status = from_pkcs1(der, size, key, reason);
    } else if (km_is_certificate_label(name)) {
        *status = from_certificate(der, size, strcmp(name, PEM_STRING_X509_TRUSTED) == 0, key, reason);
    } else if (strstr(name, "PRIVATE KEY") != NULL) {
        *status = KM_PRIVATE_KEY;
    } else {
        return 0;
    }
    return 1;
}

static km_status from_pem(const uint8_t *bytes, size_t size, km_rsa **key, char *reason) {
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    if (bio == NULL) return KM_FAILED;
    km_status status = KM_MALFORMED;
    for (int done = 0; !done;) {
        char *name = NULL, *header = NULL;
        uint8_t *data = NULL;
        long length = 0;
        if (PEM_read_bio_ex(bio, &name, &header, &data, &length, KM_PEM_FLAGS) != 1) {
            status = km_failure(status, reason);
            break;
        }
        done = from_block(name, data, (size_t)length, key, &status, reason);
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, (size_t)length);
    }
    BIO_free(bio);
    return status;
}

static km_status from_der(const uint8_t *bytes, size_t size, km_rsa **key, char *reason) {
    km_status status = from_spki(bytes, size, key, reason);
    if (status == KM_MALFORMED) status = from_certificate(bytes, size, 0, key, reason);
    if (status == KM_MALFORMED) status = from_pkcs1(bytes, size, key, reason);
    return status == KM_MALFORMED && km_is_private_der(bytes, size) ? KM_PRIVATE_KEY : status;
}

km_status km_rsa_parse_public(const uint8_t *bytes, size_t size, km_rsa **key, char *reason) {
    *key = NULL;
    reason[0] = '\0';
    ERR_clear_error();
    if (size > KM_INPUT_MAXIMUM) return KM_TOO_LARGE;
    if (size == 0) return KM_MALFORMED;
    const km_status status = km_is_der(bytes, size) ? from_der(bytes, size, key, reason)
                                                    : from_pem(bytes, size, key, reason);
    km_clear();
    return status;
}

km_rsa *km_rsa_generate(int bits, char *reason) {
    reason[0] = '\0';
    ERR_clear_error();
    EVP_PKEY *pkey = bits > 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits) : NULL;
    km_rsa *key = pkey == NULL ? NULL : km_rsa_adopt(pkey, 1);
    (void)km_clear_with_reason(reason);
    return key;
}

km_rsa *km_rsa_copy_public(const km_rsa *key) {
    uint8_t *der = NULL;
    const int size = i2d_PUBKEY(key->pkey, &der);
    km_rsa *copy = NULL;
    if (size > 0) {
        const uint8_t *at = der;
        EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, size);
        if (pkey != NULL) copy = km_rsa_adopt(pkey, 0);
    }
    OPENSSL_free(der);
    km_clear();
    return copy;
}

int km_rsa_bits(const km_rsa *key) { return key->bits; }

size_t km_rsa_size(const km_rsa *key) { return key->size; }

int km_rsa_same_public(const km_rsa *left, const km_rsa *right) {
    const int same = EVP_PKEY_eq(left->pkey, right->pkey) == 1;
    km_clear();
    return same;
}
