/* RSA keys: making handles of them, public parsing, generation, checks. Private parsing is in private.c. */
#include <limits.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
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

int km_pkey_is_rsa(const EVP_PKEY *pkey) { return EVP_PKEY_is_a(pkey, "RSA"); }

km_rsa *km_rsa_adopt(EVP_PKEY *pkey, int is_private) {
    km_rsa *key = OPENSSL_zalloc(sizeof *key);
    if (key == NULL || !km_pkey_is_rsa(pkey)) {
        OPENSSL_free(key);
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->pkey = pkey;
    key->is_private = is_private;
    key->bits = EVP_PKEY_get_bits(pkey);
    const int size = EVP_PKEY_get_size(pkey);
    key->size = size > 0 ? (size_t)size : 0;
    key->encrypt_sha256 = prepare(pkey, EVP_PKEY_encrypt_init, km_md(KM_SHA256));
    if (is_private) {
        key->decrypt_sha256 = prepare(pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA256));
        /* Stays NULL where the provider has no SHA-1 (a FIPS one may not): what needs it then fails, nothing else. */
        key->decrypt_sha1 = prepare(pkey, EVP_PKEY_decrypt_init, km_md(KM_SHA1));
    }
    if (key->bits <= 0 || key->size == 0 || key->encrypt_sha256 == NULL
        || (is_private && key->decrypt_sha256 == NULL)) {
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

/* 1 when the PEM block `name` is read here; *pkey is then what it holds, or NULL when it is malformed. */
static int public_from_block(const char *name, const uint8_t *der, long size, EVP_PKEY **pkey) {
    const uint8_t *at = der;
    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        *pkey = d2i_PUBKEY(NULL, &at, size);
    } else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0) {
        *pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, size);
    } else if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0
               || strcmp(name, PEM_STRING_X509_TRUSTED) == 0) {
        X509 *certificate = d2i_X509(NULL, &at, size);
        *pkey = X509_get_pubkey(certificate);
        X509_free(certificate);
        /* A trusted certificate has more after the X.509 part. */
        if (strcmp(name, PEM_STRING_X509_TRUSTED) == 0) return 1;
    } else {
        return 0;
    }
    if (*pkey != NULL && at != der + size) {
        EVP_PKEY_free(*pkey);
        *pkey = NULL;
    }
    return 1;
}

int km_is_der(const uint8_t *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || size == (size_t)bytes[1] + 2);
}

static km_status public_from_pem(const uint8_t *bytes, int size, EVP_PKEY **pkey) {
    BIO *bio = BIO_new_mem_buf(bytes, size);
    if (bio == NULL) return KM_FAILED;
    km_status status = KM_MALFORMED;
    for (;;) {
        char *name = NULL, *header = NULL;
        uint8_t *data = NULL;
        long length = 0;
        const unsigned int flags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
        if (PEM_read_bio_ex(bio, &name, &header, &data, &length, flags) != 1) break;
        const int found = public_from_block(name, data, length, pkey);
        const int is_private = strstr(name, "PRIVATE KEY") != NULL;
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, (size_t)length);
        if (found || is_private) {
            status = is_private ? KM_PRIVATE_KEY : *pkey != NULL ? KM_DONE : KM_MALFORMED;
            break;
        }
    }
    BIO_free(bio);
    return status;
}

static int is_private_der(const uint8_t *bytes, long size) {
    const uint8_t *at = bytes;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size);
    int found = info != NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (!found) {
        at = bytes;
        EVP_PKEY *pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, size);
        found = pkey != NULL;
        EVP_PKEY_free(pkey);
    }
    if (!found) {
        at = bytes;
        X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, size);
        found = encrypted != NULL;
        X509_SIG_free(encrypted);
    }
    return found;
}

static km_status public_from_der(const uint8_t *bytes, long size, EVP_PKEY **pkey) {
    static const char *const names[] = {PEM_STRING_PUBLIC, PEM_STRING_X509, PEM_STRING_RSA_PUBLIC};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        public_from_block(names[i], bytes, size, pkey);
        if (*pkey != NULL) return KM_DONE;
    }
    return is_private_der(bytes, size) ? KM_PRIVATE_KEY : KM_MALFORMED;
}

km_status km_rsa_parse_public(const uint8_t *bytes, size_t size, km_rsa **key, char *reason) {
    EVP_PKEY *pkey = NULL;
    km_status status = KM_MALFORMED;
    *key = NULL;
    ERR_clear_error();
    if (size > 0 && size <= INT_MAX) {
        status = km_is_der(bytes, size) ? public_from_der(bytes, (long)size, &pkey)
                                        : public_from_pem(bytes, (int)size, &pkey);
    }
    km_clear_with_reason(reason);
    if (status != KM_DONE) return status;
    if (!km_pkey_is_rsa(pkey)) {
        EVP_PKEY_free(pkey);
        return KM_NOT_RSA;
    }
    *key = km_rsa_adopt(pkey, 0);
    if (*key == NULL) km_clear_with_reason(reason);
    return *key != NULL ? KM_DONE : KM_FAILED;
}

km_rsa *km_rsa_generate(int bits, char *reason) {
    ERR_clear_error();
    EVP_PKEY *pkey = bits > 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits) : NULL;
    km_rsa *key = pkey == NULL ? NULL : km_rsa_adopt(pkey, 1);
    km_clear_with_reason(reason);
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

int km_rsa_is_plausible(const km_rsa *key) {
    BIGNUM *modulus = NULL, *exponent = NULL;
    const int plausible = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1
        && EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1
        && BN_is_odd(modulus) && BN_is_odd(exponent) && !BN_is_one(exponent) && BN_num_bits(exponent) <= 64;
    BN_free(modulus);
    BN_free(exponent);
    km_clear();
    return plausible;
}

int km_rsa_same_public(const km_rsa *left, const km_rsa *right) {
    const int same = EVP_PKEY_eq(left->pkey, right->pkey) == 1;
    km_clear();
    return same;
}
